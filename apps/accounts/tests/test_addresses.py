"""Addresses of accounts are unreadable where they are stored, and found by a keyed digest, however they are spelt."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection
from django.test import Client
from django_tenants.utils import tenant_context

from apps.accounts import services, throttle
from apps.accounts.models import User
from apps.accounts.services.users import EmailTaken
from apps.core import crypto
from apps.keys import services as keys
from apps.keys.providers.local import LocalKeyring
from apps.keys.tests.scratch import migrate, rows, scratch_schema

ENCRYPTING = import_module("apps.accounts.migrations.0006_encrypt_addresses")
BEFORE, AFTER = "0005_users_time_zone", "0006_encrypt_addresses"
SCHEMA = "scratch_of_accounts"
PASSWORD = "correct horse battery"
ACME = {"host": "acme.localhost"}
#: More than one batch of them.
BEFORE_ALL = {UUID(int=number): f"Person{number}@Straße.example" for number in range(1, 6)}
INSERT = """
    INSERT INTO accounts_user (id, email, name, language, time_zone, password, is_active, session_epoch,
                               password_is_first, created_at)
    VALUES (%s, %s, '', 'en', '', '', true, 0, false, now())
"""
pytestmark = pytest.mark.requirement("SEC-DATA-001", "UC-001")


def _stored(user: User) -> tuple[bytes, bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT email, email_index FROM accounts_user WHERE id = %s", [user.pk])
        email, index = cursor.fetchone()
        return bytes(email), bytes(index)


def test_an_address_is_neither_readable_in_its_table_nor_to_be_guessed_from_its_digest(admin: User, beta: Any) -> None:
    email, index = _stored(admin)

    assert b"acme" not in email
    assert index == User.by_address()("ADMIN@Acme.example")
    with tenant_context(beta):
        assert index != User.by_address()("admin@acme.example")


def test_a_digest_that_is_not_that_of_its_address_is_found_by_who_verifies_the_keys(admin: User, analyst: User) -> None:
    """By it somebody would be found under the address of another."""
    assert keys.verify("acme").problems == []
    User.objects.filter(pk=analyst.pk).update(email_index=User.by_address()("somebody@else.example"))

    assert keys.verify("acme").problems == [f"accounts.User.email {analyst.pk}: its digest is another one"]


def test_an_address_in_the_row_of_somebody_else_or_in_another_column_does_not_open(admin: User, analyst: User) -> None:
    email, _ = _stored(admin)
    for column, thief in (("email", analyst), ("name", admin)):
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE accounts_user SET {column} = %s WHERE id = %s", [email, thief.pk])
        with pytest.raises(crypto.Undecryptable):
            getattr(User.objects.get(pk=thief.pk), column)


def test_the_database_refuses_a_second_account_of_an_address_whoever_was_first(
    admin: User, beta: Any, now: Any
) -> None:
    """What a check before could not see: somebody else has made it since."""
    with pytest.raises(EmailTaken):
        services.create_user("ADMIN@ACME.EXAMPLE", password="seven purple bicycles", now=now)
    with pytest.raises(IntegrityError):
        User(email="Admin@acme.example", created_at=now).save()


def test_the_same_address_has_an_account_in_each_of_two_tenants(admin: User, beta: Any, now: Any) -> None:
    with tenant_context(beta):
        assert not User.objects.at("admin@acme.example").exists()
        other = services.create_user("admin@acme.example", password=PASSWORD, now=now)

        assert User.objects.at("Admin@Acme.Example").get() == other
    assert User.objects.at("Admin@Acme.Example").get() == admin


@pytest.mark.parametrize("lookup", ["email", "email__iexact", "email__contains", "name__startswith", "email__in"])
def test_ciphertext_is_never_compared(db: None, lookup: str) -> None:
    with pytest.raises(FieldError):
        User.objects.filter(**{lookup: "ada"}).exists()


@pytest.mark.requirement("SEC-AUTH-002")
def test_another_spelling_of_an_address_is_counted_with_it_when_passwords_are_guessed(acme: Any, beta: Any) -> None:
    plain = throttle._keys("ada@acme.example", "", "")

    assert throttle._keys("A\u00adda@ACME.example", "", "") == plain
    assert "ada" not in str(plain)
    with tenant_context(beta):
        assert throttle.digest_of("ada@acme.example") not in str(plain)


def test_an_account_is_found_by_its_whole_address_and_by_no_part_of_it(
    admin: User, analyst: User, client: Client
) -> None:
    client.force_login(admin)

    def listed(path: str, text: str) -> list[str]:
        page = client.get(f"/admin/accounts/{path}/", {"q": text}, headers=ACME).content.decode()
        return [one.email for one in (admin, analyst) if f'">{one.email}<' in page]

    for path in ("user", "grant"):
        assert listed(path, "ADA@acme.example") == [analyst.email]
        assert listed(path, "ada@acme") == []
        assert listed(path, "  ") == [admin.email, analyst.email]


def test_a_list_of_the_administration_is_sorted_by_nothing_that_is_encrypted(admin: User, client: Client) -> None:
    client.force_login(admin)
    page = client.get("/admin/accounts/user/", headers=ACME).content.decode()

    assert "?o=3" in page
    assert "?o=1" not in page
    assert "?o=2" not in page


@pytest.fixture
def before(django_db_setup: None, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A schema with accounts of before."""
    monkeypatch.setattr("apps.keys.migrating.MOST_AT_ONCE", 2)
    with django_db_blocker.unblock(), scratch_schema(SCHEMA, "accounts", BEFORE) as owner, owner.cursor() as cursor:
        for pk, email in BEFORE_ALL.items():
            cursor.execute(INSERT, [pk, email])
        yield owner


def test_accounts_of_before_keep_their_addresses_there_and_back(before: Any) -> None:
    migrate(before, "accounts", AFTER)

    for pk, sealed, index in rows(before, "SELECT id, email, email_index FROM accounts_user"):
        opened = crypto.decrypt(bytes(sealed), schema=SCHEMA, place=f"accounts.user|email|{pk}")
        assert opened == BEFORE_ALL[pk]
        assert bytes(index) == crypto.blind_index(opened, schema=SCHEMA, field="accounts.user|email")

    migrate(before, "accounts", BEFORE)
    assert dict(rows(before, "SELECT id, email FROM accounts_user")) == BEFORE_ALL


def test_accounts_of_before_whose_addresses_are_the_same_now_are_left_as_they_are(before: Any) -> None:
    with before.cursor() as cursor:
        cursor.execute(INSERT, [UUID(int=99), "person2@strasse.example"])

    with pytest.raises(ENCRYPTING.AddressesAlike, match=str(UUID(int=99))):
        migrate(before, "accounts", AFTER)
    assert set(rows(before, "SELECT email FROM accounts_user")) > {(email,) for email in BEFORE_ALL.values()}


def test_a_tenant_from_before_keys_were_stored_is_encrypted_under_those_derived_for_it(django_db_blocker: Any) -> None:
    """A process of before made it while this version was coming; adopting those keys is what comes next."""
    with django_db_blocker.unblock(), scratch_schema(SCHEMA, "accounts", BEFORE, has_keys=False) as owner:
        pk, email = next(iter(BEFORE_ALL.items()))
        with owner.cursor() as cursor:
            cursor.execute(INSERT, [pk, email])
        migrate(owner, "accounts", AFTER)

        ((sealed, index),) = rows(owner, "SELECT email, email_index FROM accounts_user")
        derived = Derived()
        assert crypto.decrypt(bytes(sealed), schema=SCHEMA, place=f"accounts.user|email|{pk}", keys=derived) == email
        assert bytes(index) == crypto.blind_index(email, schema=SCHEMA, field="accounts.user|email", keys=derived)


class Derived:
    def active(self, schema: str, purpose: str) -> crypto.Key:
        return crypto.Key(0, LocalKeyring(settings.ENCRYPTION_KEY).version_0(schema, purpose))

    def version(self, schema: str, purpose: str, number: int) -> crypto.Key:
        assert number == 0
        return self.active(schema, purpose)
