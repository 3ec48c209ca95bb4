"""Fingerprints stand for digests wherever these are stored: nobody makes them without the tenant's key, which stays."""

import hashlib
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context, tenant_context

from apps.core import crypto
from apps.core.fields import fingerprint
from apps.core.memory import forget_all
from apps.keys import providers, services
from apps.keys.migrating import SchemaKeys
from apps.keys.models import DataKey, OwnKey
from apps.keys.providers.local import LocalKeyring
from apps.keys.tests.commands import refused

pytestmark = [pytest.mark.requirement("SEC-DATA-001"), pytest.mark.django_db(databases=["default", "owner"])]
DIGEST = hashlib.sha256(b"yes").hexdigest()


def test_equal_digests_have_equal_fingerprints_in_one_tenant_alone(acme: Any, beta: Any) -> None:
    ours = fingerprint(DIGEST)
    with tenant_context(beta):
        theirs = fingerprint(DIGEST)

    assert fingerprint(DIGEST) == ours
    assert len({ours, theirs, fingerprint("other")}) == 3
    assert DIGEST not in (ours.lower(), theirs.lower())


def test_they_can_be_told_from_digests_and_are_as_long(acme: Any) -> None:
    ours = fingerprint(DIGEST)

    assert (len(bytes.fromhex(ours)), ours, ours.lower() == ours) == (32, ours.upper(), False)


def test_a_fingerprint_outlives_rotations(acme: Any, now: Any) -> None:
    before = fingerprint(DIGEST)
    with schema_context("public"):
        for purpose in services.ROTATED:
            services.rotate("acme", purpose=purpose, now=now)
    forget_all()

    assert fingerprint(DIGEST) == before


def test_its_key_is_neither_replaced_nor_destroyed(acme: Any, now: Any) -> None:
    with schema_context("public"):
        with pytest.raises(services.NeverReplaced):
            services.rotate("acme", purpose="fingerprint", now=now)
        DataKey.objects.of("acme", "fingerprint").update(state="decrypt-only", retired_at=now, unused_at=now)
        with pytest.raises(services.KeyInUse):
            services.destroy("acme", 1, purpose="fingerprint", now=now)
        code, answer, _ = refused("destroy", "--tenant", "acme", "--version", "1")

    assert (code, answer["code"]) == (1, "key_in_use")


def test_where_its_key_is_away_nothing_is_made_up(acme: Any) -> None:
    with schema_context("public"):
        DataKey.objects.of("acme", "fingerprint").update(wrapped=b"damaged" * 10)
    forget_all()

    with pytest.raises(crypto.KeyAway):
        fingerprint(DIGEST)


class Own(LocalKeyring):
    """A tenant's own key-encryption key."""

    def __init__(self) -> None:
        super().__init__(b"o" * 32)
        self.name = "pretended:own"


@pytest.mark.parametrize("own", [[], ["pretended:own"]], ids=["the installation's", "its own"])
def test_a_migration_makes_the_key_of_a_schema_that_has_none_yet(
    db: None, own: list[str], monkeypatch: pytest.MonkeyPatch, now: Any
) -> None:
    monkeypatch.setattr(providers, "named", lambda name: Own() if name == Own().name else providers.current())
    with schema_context("public"):
        DataKey.objects.of("public", "fingerprint").delete()
        OwnKey.objects.bulk_create([OwnKey(tenant="public", provider=name, named_at=now) for name in own])

        made = [crypto.fingerprint(DIGEST, schema="public", keys=SchemaKeys(connection)) for _ in range(2)]
        forget_all()

        kept = DataKey.objects.of("public", "fingerprint").get()
        assert (kept.version, kept.state, kept.provider) == (1, "active", *(own or [providers.current().name]))
        assert [fingerprint(DIGEST)] * 2 == made
