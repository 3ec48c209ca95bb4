"""What is sealed, counted or remembered for an account is so in its own tenant: a twin of it elsewhere has no part."""

from collections.abc import Callable
from copy import copy
from typing import Any

import pytest
from django.contrib.admin import site as admin_site
from django.core.management import call_command
from django.test import RequestFactory
from django_tenants.utils import schema_context

from apps import audit
from apps.accounts import throttle
from apps.accounts.messages import PASSWORD_FORGOTTEN
from apps.accounts.models import ApiKey, User
from apps.accounts.services import forgotten, notices
from apps.audit.admin import AuditEntryAdmin
from apps.audit.models import AuditEntry
from apps.core import degraded, once
from apps.core.tenancy import current_schema
from apps.notifications.channels import email
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("DB-002", "SEC-AUTH-002")

#: By tenant, whatever it is that is asked for of the very same account.
SAID: dict[str, Callable[[User], Any]] = {
    "the seal of a link": lambda user: forgotten.LINKS._seal(user, b"the same"),
    "the counter of attempts": lambda user: throttle._key("second factor", str(user.pk)),
    "the counters of sign-in": lambda user: throttle._keys(user.email, "192.0.2.1", ""),
    "the counter of a device": lambda user: throttle._keys(user.email, "192.0.2.1", "device"),
    "the sender of a message": lambda user: email._envelope().sender,
}


@pytest.mark.parametrize("what", SAID)
def test_the_same_account_elsewhere_has_another(acme: Any, beta: Any, what: str) -> None:
    twin = User(email="ada@acme.example", password="the same")
    found = []
    for schema in (acme.schema_name, beta.schema_name):
        with schema_context(schema):
            found.append(SAID[what](copy(twin)))

    assert found[0] != found[1]


@pytest.mark.parametrize("store", ["redis", "process"])
def test_what_is_done_once_here_is_done_once_there_too(
    acme: Any, beta: Any, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store == "process":
        monkeypatch.setattr(degraded, "with_redis", lambda there, here, said: here())
    first = [once.is_first(store, 60), once.is_first(store, 60)]
    with schema_context(beta.schema_name):
        there = once.is_first(store, 60)

    assert (first, there) == ([True, False], True)


def test_the_owner_is_told_in_the_name_of_their_own_organisation(admin: User, acme: Any, now: Any) -> None:
    notices.tell_owner(admin, PASSWORD_FORGOTTEN, admin, now=now, link="https://a.example", minutes=5)

    assert acme.name in Message.objects.get().body


def test_the_platform_reads_its_own_trail_and_no_tenants(acme: Any, now: Any) -> None:
    """There the database holds nothing back."""
    audit.record("thing.done", now=now)
    with schema_context("public"):
        audit.record("thing.undone", now=now)
        shown = AuditEntryAdmin(AuditEntry, admin_site).get_queryset(RequestFactory().get("/"))

        assert {"thing.done", "thing.undone"} <= set(AuditEntry.objects.values_list("action", flat=True))
        assert set(shown.filter(object_type="", action__startswith="thing.").values_list("tenant", "action")) == {
            ("public", "thing.undone")
        }


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_command_makes_the_key_where_it_is_told_to(admin: User, acme: Any, beta: Any, capsys: Any) -> None:
    """From wherever it is called: here, where nobody is by that address."""
    with schema_context(beta.schema_name):
        call_command("create_api_key", tenant=acme.slug, user="admin@acme.example", name="reports")
        assert (current_schema(), ApiKey.objects.count()) == (beta.schema_name, 0)

    assert ApiKey.objects.get().user == admin
