"""A real OpenBao was deleted with all that it knew; two people bring back what it had wrapped."""

import shutil
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings
from django_tenants.utils import schema_context

from apps.core import crypto
from apps.core.memory import forget_all
from apps.keys import offline, services
from apps.keys.models import DataKey
from apps.keys.providers import vault as client
from apps.keys.tests.answers import Remember, read
from apps.keys.tests.openbao import OpenBao, started

pytestmark = [
    pytest.mark.requirement("SEC-DATA-002"),
    pytest.mark.usefixtures("unknown"),
    pytest.mark.django_db(databases=["default", "owner"]),
]


@pytest.fixture
def vaults(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Start servers that know nothing of each other, and wrap by the latest of them."""
    monkeypatch.setattr(client, "PATIENCE", 60.0)
    monkeypatch.setattr(settings, "ENCRYPTION_PROVIDER", "vault")
    with ExitStack() as all_of_them:

        def start() -> OpenBao:
            folder = tmp_path_factory.mktemp("openbao")
            server = all_of_them.enter_context(started(folder))
            monkeypatch.setattr(settings, "VAULT", server.settings)
            forget_all()
            return server

        yield start


@pytest.mark.thorough
def test_what_a_deleted_vault_had_wrapped_is_recovered_to_another_one_and_from_that_to_none(
    acme: Any, remember: Remember, escrowed: offline.Made, vaults: Any, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, everywhere = vaults(), ("acme", "beta", "public")
    answer = remember("Ada")
    with schema_context("public"):
        for schema in everywhere:
            services.rotate(schema, now=now)
            services.reencrypt(schema)
    later = remember("Cy")
    for then in ("vault", "local"):
        vault.stop()
        shutil.rmtree(vault.folder)
        monkeypatch.setattr(settings, "ENCRYPTION_PROVIDER", then)
        vault = vaults() if then == "vault" else vault
        forget_all()
        with pytest.raises(crypto.KeyAway):
            read(later)

        with schema_context("public"):
            outcome = services.recover(escrowed.shares[1:], now=now)

            assert (outcome.recovered, outcome.failed) == (3, [])
            assert [services.verify(schema).problems for schema in everywhere] == [[], [], []]
            assert {one.provider.partition(":")[0] for one in DataKey.objects.usable().filter(version=2)} == {then}
        assert (read(answer), read(later)) == ("Ada", "Cy")
