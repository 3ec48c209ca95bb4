"""Whoever has an account has a key: name, address and every message to them are under it."""

from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django_tenants.utils import schema_context

from apps.accounts import services
from apps.accounts.backends import EmailBackend
from apps.accounts.models import ApiKey, Grant, User
from apps.accounts.tests.conftest import PASSWORD
from apps.core import crypto
from apps.keys import services as keys
from apps.keys.models import SubjectKey
from apps.keys.tasks import tend
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-DATA-001", "COMP-001")
ACME = {"host": "acme.localhost"}
MIGRATION: Any = import_module("apps.accounts.migrations.0008_give_people_keys")
TEXTS = {"accounts_user": "name, email", "notifications_message": "address, body"}


@pytest.fixture
def told(admin: User, analyst: User, now: Any) -> User:
    """An analyst who was told that her password was replaced."""
    services.reset_password(analyst, acting_user=admin, now=now)
    return analyst


def beginnings(*tables: str) -> set[bytes]:
    """How what is stored there begins, which says under which kind of key it is."""
    with connection.cursor() as cursor:
        return {
            bytes(one)[:1]
            for table in tables
            for row in cursor.execute(f"SELECT {TEXTS[table]} FROM {table}").fetchall()
            for one in row
        }


def said() -> dict[Any, tuple[str, str]]:
    people = {one.pk: (one.name, one.email) for one in User.objects.all()}
    return people | {one.pk: (one.address, one.body) for one in Message.objects.select_related("key")}


def back_and_forth(*, forwards: bool) -> None:
    with connection.schema_editor() as editor:
        if forwards:
            MIGRATION.PEOPLE.forwards(None, editor)
            MIGRATION.seal_messages(None, editor)
        else:
            MIGRATION.open_messages(None, editor)
            MIGRATION.PEOPLE.backwards(None, editor)


def test_a_message_is_under_the_key_of_the_account_that_it_is_to(admin: User, told: User) -> None:
    assert len({admin.key_id, told.key_id, None}) == 3
    assert set(Message.objects.values_list("recipient_id", "key")) == {(told.pk, told.key_id)}
    assert beginnings(*TEXTS) == {crypto.SEALED}
    assert keys.verify("acme").problems == []


def test_accounts_of_before_sign_in_as_ever_and_get_keys_and_can_be_given_back(told: User, client: Client) -> None:
    before = said()

    back_and_forth(forwards=False)

    assert not SubjectKey.objects.filter(secret__isnull=False).exists()
    assert (beginnings(*TEXTS), said()) == ({bytes([crypto.VERSIONED])}, before)
    form = {"email": "ADMIN@acme.example", "password": PASSWORD}
    assert client.post("/sign-in/", form, headers=ACME).status_code == 302
    assert b"admin@acme.example" in client.get("/account/", headers=ACME).content
    back_and_forth(forwards=True)
    assert (beginnings(*TEXTS), said()) == ({crypto.SEALED}, before)
    assert SubjectKey.objects.count() == 2
    assert keys.verify("acme").problems == []


def test_who_was_written_by_an_older_process_has_a_key_within_the_hour(told: User, make_user: Any, now: Any) -> None:
    """An account that it made, and one that it changed: it knows no keys of people."""
    back_and_forth(forwards=False)
    before = said()
    User.objects.filter(pk=told.pk).update(key=SubjectKey.objects.create())
    gone = services.erase_user(make_user("gone@acme.example"), acting_user=None, now=now)
    damaged = make_user("bo@acme.example")
    User.objects.filter(pk=damaged.pk).update(name=b"damaged")

    with schema_context("public"):
        tend()

    well = User.objects.exclude(pk__in=[gone.pk, damaged.pk])
    assert {one.pk: (one.name, one.email) for one in well} | {
        one.pk: (one.address, one.body) for one in Message.objects.select_related("key")
    } == before
    assert not User.objects.filter(key=None).exists()
    assert beginnings("accounts_user") == {crypto.SEALED, b"", b"d"}
    assert str(User.objects.get(pk=gone.pk)) == "Erased account"
    assert keys.give_missing_keys("acme") == 0  # who is damaged stays so


def test_accounts_of_the_platform_have_keys_too(db: None, make_user: Any) -> None:
    with schema_context("public"):
        made = make_user("platform@localhost.example", "platform_admin")
        back_and_forth(forwards=False)
        assert (User.objects.get(pk=made.pk).key, beginnings("accounts_user")) == (None, {bytes([crypto.VERSIONED])})
        back_and_forth(forwards=True)

        again = User.objects.get(pk=made.pk)
        assert (again.email, again.key.tenant) == ("platform@localhost.example", "public")
        assert beginnings("accounts_user") == {crypto.SEALED}


def test_the_key_comes_with_the_account_wherever_accounts_are_read(
    admin: User, told: User, now: Any, django_assert_num_queries: Any
) -> None:
    services.create_api_key(told, name="k", now=now)
    reading: list[Any] = [
        lambda: [EmailBackend().get_user(told.pk)],
        lambda: [User.objects.at("ADA@acme.example").get()],
        lambda: list(User.objects.all()),
        lambda: [one.user for one in Grant.objects.select_related("user__key")],
        lambda: [one.user for one in ApiKey.objects.select_related("user__key")],
    ]
    for read in reading:
        with django_assert_num_queries(1):
            assert all(one.email and one.get_short_name() and str(one) for one in read())
