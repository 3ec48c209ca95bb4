"""What people are let do is counted; of what is sensitive there is one entry for each hour, person and permission."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from prometheus_client import REGISTRY

from apps.accounts import authz, uses
from apps.accounts.models import PermissionUse, User
from apps.audit.models import AuditEntry
from apps.core import rights

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
ACME = {"host": "acme.localhost"}
HOUR = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> uses.Book:
    book = uses.Book()
    monkeypatch.setattr(uses, "BOOK", book)
    return book


def _counted(permission: str) -> float:
    return REGISTRY.get_sample_value("resimate_permissions_used_total", {"permission": permission}) or 0.0


def _stored() -> list[tuple[str, str, int]]:
    return sorted((str(one.user_id), one.permission, one.times) for one in PermissionUse.objects.all())


def test_what_is_sensitive_becomes_one_entry_however_often(
    book: uses.Book, admin: User, analyst: User, client: Client, django_assert_num_queries: Any
) -> None:
    client.force_login(admin)
    before = _counted("audit-entries:read"), _counted("roles:read")

    for _ in range(3):
        assert client.get("/api/v1/audit-entries/", headers=ACME).status_code == 200
        assert client.get("/api/v1/roles/", headers=ACME).status_code == 200
    with django_assert_num_queries(1):
        book.store()

    assert _stored() == [(str(admin.pk), "audit-entries:read", 3)]
    assert (_counted("audit-entries:read"), _counted("roles:read")) == (before[0] + 3, before[1] + 3)


def test_sums_of_processes_are_added_up(book: uses.Book, admin: User) -> None:
    other = uses.Book()
    for one, times in ((book, 2), (other, 3), (book, 1)):
        for _ in range(times):
            one.add(uses.Use("acme", admin.pk, "users:manage", HOUR))
        one.store()
    book.add(uses.Use("acme", User().pk, "users:manage", HOUR))  # of nobody any more
    book.store()
    book.store()

    assert _stored() == [(str(admin.pk), "users:manage", 6)]


def test_an_hour_that_is_over_is_told_once(admin: User) -> None:
    PermissionUse.objects.create(user=admin, permission="users:manage", hour=HOUR, times=7)

    assert uses.tell(HOUR.replace(hour=10)) == 0  # some process may still store
    assert [uses.tell(HOUR.replace(hour=10, minute=5)) for _ in range(2)] == [1, 0]

    entry = AuditEntry.objects.get(action="permission.used")
    assert (entry.actor, entry.category) == (str(admin.pk), "authorization")
    assert entry.details == {"permission": "users:manage", "hour": "2026-11-02T09:00:00+00:00", "times": 7}


def test_a_request_is_one_use_and_a_refusal_is_none(book: uses.Book, admin: User, analyst: User) -> None:
    before = _counted("users:manage")

    for _ in range(2):
        authz.require(admin, "users:manage")
        authz.require_everywhere(admin, "users:manage")
        authz.require_each(admin, "users:manage", User.objects.all())
    for ask in (authz.require, authz.require_everywhere):
        with pytest.raises(authz.NotPermitted):
            ask(analyst, "users:manage")

    assert _counted("users:manage") == before + 1


def test_what_cannot_be_stored_is_kept(book: uses.Book, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    book.add(uses.Use("acme", admin.pk, "users:manage", HOUR))
    with monkeypatch.context() as broken:
        broken.setattr(uses, "_store", lambda sums: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            book.store()
    book.store()

    assert _stored() == [(str(admin.pk), "users:manage", 1)]


def test_who_looks_as_somebody_else_is_the_one_on_record(book: uses.Book, admin: User, analyst: User) -> None:
    authz.narrow_to(analyst, admin)
    uses.note(analyst, "users:manage")
    book.store()

    assert _stored() == [(str(admin.pk), "users:manage", 1)]


def test_apps_say_what_is_sensitive_where_they_declare_it() -> None:
    sensitive = {f"{one.name}:{action}" for one in rights.RESOURCES.values() for action in one.sensitive}

    assert sensitive >= {"users:manage", "users:view_as", "grants:create", "roles:update", "audit-entries:read"}
    assert not {"models:read", "campaigns:read", "assessments:score"} & sensitive
    with pytest.raises(ValueError, match="paint"):
        rights.declare("walls", "Walls.", "read", sensitive=("paint",))
