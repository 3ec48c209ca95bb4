"""Who sees which fields: the page that is made of declarations tells what each role is really answered."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Grant, Role, User
from resimate import fields
from resimate.tests.test_permission_matrix import ACME, _url
from resimate.tests.world import world

__all__ = ["world"]  # a fixture

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
SHOWN = list(fields.shown())
FIELDS = {path: {name for one in SHOWN if one.path == path for name in one.fields} for path in {o.path for o in SHOWN}}


def _browser(role: str) -> Client:
    """Of somebody with this role alone, however it is given."""
    user, now = User.objects.create(email=f"{role}@acme.example", created_at=timezone.now()), timezone.now()
    Grant.objects.create(user=user, role=Role.objects.get(code=role), granted_at=now, in_person=True)
    client = Client(headers=ACME)
    client.force_login(user)
    return client


def _told(browser: Client, one: fields.Shown, world: dict[str, Any]) -> dict[str, Any] | None:
    """The first object of a collection, as it is shown; nothing for who may not look, and who finds none."""
    answer = browser.get(_url(one.name, world))
    rows: list[dict[str, Any]] = answer.json()["results"] if answer.status_code == 200 else []
    return rows[0] if rows else None


def test_what_takes_a_right_of_its_own_is_in_lines_of_its_own() -> None:
    lines = {one.fields: one.takes for one in SHOWN if one.path == "campaigns/{campaign}/participations/"}

    assert lines[("name", "email")] == "stakeholders:read"
    assert len(lines) == 2
    assert len({one.path for one in SHOWN}) > 25


@pytest.mark.thorough
@pytest.mark.parametrize("role", [one.code for one in fields.roles_shown()])
def test_each_role_is_answered_what_the_page_says(role: str, world: dict[str, Any]) -> None:
    [said] = [one for one in fields.roles_shown() if one.code == role]
    browser = _browser(role)
    wrong = {}
    for one in SHOWN:
        told, reach = _told(browser, one, world), one.to(said)
        if not set(told or ()) <= FIELDS[one.path]:
            wrong[one.path, one.fields] = "shows what the page does not tell of"
        if told is not None and not reach and (not one.takes or any(told[name] for name in one.fields)):
            wrong[one.path, one.fields] = "is shown, and the page says that it is not"
        if told is None and reach == "all" and not one.takes:
            wrong[one.path, one.fields] = "is not shown, and the page says that it is"
    assert wrong == {}


@pytest.mark.parametrize("lines", [["campaigns:tenant:read"], ["campaigns:tenant:read", "stakeholders:tenant:read"]])
def test_a_field_is_empty_for_who_lacks_its_right(lines: list[str], world: dict[str, Any]) -> None:
    Role.objects.create(code="some", name="Some", permissions=lines)

    told = _told(_browser("some"), next(one for one in SHOWN if one.takes), world)

    assert told is not None
    assert [bool(told["name"]), bool(told["email"])] == [len(lines) == 2] * 2
