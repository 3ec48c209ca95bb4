"""``View-As``: a request to the API shows what both may see, changes nothing, and is on record as its caller's."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps import audit
from apps.accounts import services
from apps.accounts.models import Grant, Role, User
from apps.audit.models import AuditEntry
from apps.core import context

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
MakeUser = Callable[..., User]
Ask = Callable[..., Any]


def _program(user: User, **reach: Any) -> Ask:
    _key, text = services.create_api_key(user, name="k", now=timezone.now(), **reach)
    client = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {text}"})

    def ask(path: str, person: object = None, method: str = "GET") -> Any:
        headers = {} if person is None else {"view-as": str(getattr(person, "pk", person))}
        return client.generic(method, f"/api/v1/{path}", "{}", "application/json", headers=headers)

    return ask


@pytest.fixture
def ask(admin: User) -> Ask:
    return _program(admin)


def test_it_shows_what_the_other_sees_and_says_so_in_the_trail(ask: Ask, admin: User, analyst: User) -> None:
    own = services.create_role("o", name="O", permissions=["users:own:read"], acting_user=None, now=timezone.now())
    person = User.objects.get(pk=analyst.pk)
    Grant.objects.filter(user=person).update(role=own)
    assert len(ask("users/").json()["results"]) == 2

    assert [one["id"] for one in ask("users/", person).json()["results"]] == [str(person.pk)]
    assert [ask(path, person).status_code for path in ("audit-entries/", "roles/")] == [403, 403]

    [begun] = AuditEntry.objects.filter(action="view.started")
    assert (begun.actor, begun.object_id, begun.actor_type) == (str(admin.pk), str(person.pk), "user")
    seen = AuditEntry.objects.filter(details__viewed_as=str(person.pk))
    assert {(one.action, one.actor) for one in seen} == {
        ("user.read", str(admin.pk)),
        ("permission.denied", str(admin.pk)),
    }


def test_it_reaches_no_further_than_who_asks(admin: User, custodian: User, make_user: MakeUser, now: datetime) -> None:
    other = make_user("other@acme.example", "tenant_admin")
    narrow = _program(admin, permissions=["users:tenant:view_as", "roles:tenant:read"])
    blind = _program(admin, permissions=["roles:tenant:read"])

    assert narrow("roles/", other).status_code == 403  # the other may do more than this key
    assert blind("roles/", other).status_code == 403
    assert _program(admin)("roles/", custodian).status_code == 403
    assert _program(other)("roles/", admin).status_code == 200
    assert _program(other)("users/export/", admin).status_code == 200  # it is the caller's key that is asked nothing


def test_what_a_service_records_of_the_other_is_on_record_as_done_by_who_looks(admin: User, analyst: User) -> None:
    looking = context.Work(user_id=str(admin.pk), actor_type="user", noted={"viewed_as": str(analyst.pk)})

    with context.use(looking):
        audit.record("model.exported", now=timezone.now(), actor=analyst)

    recorded = AuditEntry.objects.get(action="model.exported")
    assert (recorded.actor, recorded.details) == (str(admin.pk), {"viewed_as": str(analyst.pk)})


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("models/", "POST"),
        ("users/me/", "GET"),
        ("users/me/sessions/", "GET"),
        ("permissions/explain/?permission=users:read", "GET"),
        ("settings/", "GET"),
        ("jobs/00000000-0000-7000-8000-000000000000/", "GET"),
    ],
)
def test_nothing_is_sent_and_nothing_shown_that_is_somebodys_alone(
    ask: Ask, analyst: User, path: str, method: str
) -> None:
    answer = ask(path, analyst, method)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_to_be_viewed")


def test_whom_nobody_looks_as_is_said(ask: Ask, admin: User, analyst: User) -> None:
    closed = services.deactivate_user(analyst, acting_user=None, now=timezone.now())
    found = {who: ask("models/", who) for who in (admin, closed, Role().pk, "me")}

    assert [(one.status_code, one.json()["code"]) for one in found.values()] == [
        (409, "not_to_be_viewed"),
        (409, "not_to_be_viewed"),
        (403, "permission_denied"),
        (422, "invalid"),
    ]


def test_a_browser_shows_again_who_is_there(admin: User, analyst: User) -> None:
    browser = Client(headers={"host": "acme.localhost", "view-as": str(analyst.pk)})
    browser.force_login(admin)
    assert browser.get("/api/v1/models/").status_code == 200
    session = browser.session
    session["auth_time"] = session["signed_in_at"] = timezone.now().timestamp() - 3600
    session.save()

    assert browser.get("/api/v1/models/").json()["code"] == "step_up_needed"
