"""Names of people are unreadable without the tenant's key, and useless anywhere but in their own row."""

from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context, tenant_context

from apps.accounts import services
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core import crypto
from apps.core.fields import personal_data_fields

pytestmark = pytest.mark.requirement("SEC-DATA-001", "UC-001")


def _stored(user: User) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM accounts_user WHERE id = %s", [user.pk])
        return bytes(cursor.fetchone()[0])


def _move(ciphertext: bytes, user: User) -> User:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET name = %s WHERE id = %s", [ciphertext, user.pk])
    return User.objects.get(pk=user.pk)


def _named(user: User, name: str, now: Any) -> User:
    return services.change_user(user, name=name, language="en", acting_user=user, now=now)


def test_a_name_comes_back_and_is_not_readable_in_the_table(admin: User, now: Any) -> None:
    _named(admin, "Ada Löveläce 🌍", now)

    assert User.objects.get(pk=admin.pk).name == "Ada Löveläce 🌍"
    assert b"Ada" not in _stored(admin)


def test_the_same_name_twice_looks_different(admin: User, analyst: User, now: Any) -> None:
    _named(admin, "Ada", now)
    _named(analyst, "Ada", now)

    assert _stored(admin) != _stored(analyst)


def test_a_ciphertext_in_another_row_does_not_decrypt(admin: User, analyst: User, now: Any) -> None:
    _named(admin, "Ada", now)
    thief = _move(_stored(admin), analyst)

    with pytest.raises(crypto.Undecryptable):
        _ = thief.name


def test_a_ciphertext_in_the_same_row_of_another_tenant_does_not_decrypt(admin: User, beta: Any, now: Any) -> None:
    _named(admin, "Ada", now)
    stored = _stored(admin)
    with tenant_context(beta):
        User(id=admin.id, email="ada@beta.example", password="", created_at=now).save(force_insert=True)
        thief = _move(stored, admin)

        with pytest.raises(crypto.Undecryptable):
            _ = thief.name


@pytest.mark.parametrize("place", [0, 1, 12, 13, -1])
def test_a_changed_bit_is_noticed(admin: User, now: Any, place: int) -> None:
    _named(admin, "Ada", now)
    damaged = bytearray(_stored(admin))
    damaged[place] ^= 1

    with pytest.raises(crypto.Undecryptable):
        _ = _move(bytes(damaged), admin).name


def test_equal_values_have_equal_indexes_in_one_tenant_only(db: None) -> None:
    def index(value: str, schema: str = "acme", field: str = "a|email") -> bytes:
        return crypto.blind_index(value, schema=schema, field=field)

    assert index("Ada@Example.org ") == index("ada@example.ORG")
    assert index("\ufb01ona@example.org") == index("fiona@example.org")
    assert len({index("ada"), index("bo"), index("ada", schema="beta"), index("ada", field="b|email")}) == 4


def test_the_audit_says_that_a_name_changed_and_not_to_what(admin: User, now: Any) -> None:
    _named(admin, "Ada Lovelace", now)

    entry = AuditEntry.objects.filter(action="user.fields_changed").get(object_id=str(admin.pk))
    assert entry.details["changes"]["name"] == "personal"
    assert not AuditEntry.objects.filter(details__icontains="Lovelace").exists()


def test_what_is_personal_in_an_account_is_marked_so() -> None:
    assert {(field.name, kind) for model, field, kind in personal_data_fields() if model is User} == {
        ("attributes", "profile"),
        ("email", "contact"),
        ("name", "name"),
    }


def test_the_platform_has_a_key_of_its_own(db: None) -> None:
    with schema_context("public"):
        sealed = crypto.encrypt("Ada", schema="public", place="x")

    with pytest.raises(crypto.Undecryptable):
        crypto.decrypt(sealed, schema="acme", place="x")
