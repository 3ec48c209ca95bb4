"""A real OpenBao goes away, or one tenant's own key there, and what each of two tenants gets from the API meanwhile.

The memory for keys is shortened here from five minutes to some seconds; clocks and servers are real.
"""

import time
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django_tenants.utils import schema_context, tenant_context

from apps.accounts.models import User
from apps.core.memory import forget_all
from apps.keys import keyring, services
from apps.keys.providers import vault as client
from apps.keys.tests.conftest import openbao, unknown  # noqa: F401  fixtures
from apps.keys.tests.openbao import OpenBao
from resimate_servers.processes import wait_until

pytestmark = [
    pytest.mark.requirement("SEC-DATA-002"),
    pytest.mark.thorough,
    pytest.mark.usefixtures("unknown"),
]
REMEMBERED, PATIENCE = 3.0, 60


@pytest.fixture
def vault(openbao: OpenBao, monkeypatch: pytest.MonkeyPatch) -> OpenBao:  # noqa: F811  the fixture
    monkeypatch.setattr(settings, "VAULT", openbao.settings)
    return openbao


@pytest.fixture
def by_vault(vault: OpenBao, acme: Any, admin: User, now: Any, monkeypatch: pytest.MonkeyPatch) -> OpenBao:
    """Of acme, what its people are called is under a key that is wrapped there; beta's are of the local keyring."""
    monkeypatch.setattr(settings, "ENCRYPTION_PROVIDER", "vault")
    forget_all()
    with schema_context("public"):
        services.rotate("acme", now=now)
        services.reencrypt("acme")
    forget_soon(monkeypatch)
    return vault


def forget_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "UNWRAPPED_FOR", REMEMBERED)
    monkeypatch.setattr(keyring, "SECONDS", 0.5)
    monkeypatch.setattr(client, "VAULT", replace(client.VAULT, pause=1, longest_pause=1))
    forget_all()


@pytest.fixture
def by_own_key(vault: OpenBao, acme: Any, admin: User, now: Any, monkeypatch: pytest.MonkeyPatch) -> OpenBao:
    """All keys of acme are wrapped by a key of its own there; beta's by the installation's, which is there as well."""
    monkeypatch.setattr(settings, "ENCRYPTION_PROVIDER", "vault")
    vault.root.secrets.transit.create_key("acme")
    vault.give("transit", "acme")
    forget_all()
    with schema_context("public"):
        services.name_own_key("acme", "vault:transit/acme", now=now)
        for schema in ("acme", "beta"):
            services.rotate(schema, now=now)
            assert services.reencrypt_rest(schema, now=now).failed == []
    forget_soon(monkeypatch)
    return vault


def test_a_tenant_whose_own_key_was_withdrawn_waits_until_it_is_given_again_and_the_other_notices_nothing(
    by_own_key: OpenBao, admin: User, beta: Any, stranger: User
) -> None:
    ours = Client(headers={"host": "acme.localhost"}, raise_request_exception=False)
    ours.force_login(admin)
    theirs = Client(headers={"host": "beta.localhost"}, raise_request_exception=False)
    with tenant_context(beta):
        theirs.force_login(stranger)
    others: list[int] = []

    def status() -> int:
        others.append(theirs.get("/api/v1/users/").status_code)
        return ours.get("/api/v1/users/").status_code

    assert status() == 200
    by_own_key.withdraw()
    assert wait_until(lambda: status() != 200, PATIENCE)
    until = time.monotonic() + 2 * REMEMBERED  # the other tenant's keys were asked for again meanwhile
    assert wait_until(lambda: status() == 200 or time.monotonic() > until, PATIENCE)
    refused = ours.get(f"/api/v1/users/{admin.pk}/")
    assert (refused.status_code, refused.json()["code"]) == (503, "key_away")

    by_own_key.give("transit", "acme")

    assert wait_until(lambda: status() == 200, PATIENCE)
    assert set(others) == {200}


def test_one_tenant_goes_on_for_a_while_then_waits_and_catches_up_by_itself_and_the_other_notices_nothing(
    by_vault: OpenBao, admin: User, beta: Any, stranger: User
) -> None:
    ours = Client(headers={"host": "acme.localhost"}, raise_request_exception=False)
    ours.force_login(admin)
    theirs = Client(headers={"host": "beta.localhost"}, raise_request_exception=False)
    with tenant_context(beta):
        theirs.force_login(stranger)
    others: set[int] = set()

    def status() -> int:
        others.add(theirs.get("/api/v1/users/").status_code)
        return ours.get("/api/v1/users/").status_code

    assert status() == 200
    by_vault.stop()
    assert status() == 200
    assert wait_until(lambda: status() != 200, PATIENCE)
    refused = ours.get(f"/api/v1/users/{admin.pk}/")
    assert (refused.status_code, refused["Retry-After"], refused.json()["code"]) == (503, "5", "key_away")

    by_vault.start()

    assert wait_until(lambda: status() == 200, PATIENCE)
    assert others == {200}
