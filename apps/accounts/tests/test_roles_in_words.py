"""A role in words: a table of what may be done and how far, without a script; what a change concerns is shown first."""

import re
from typing import Any

import pytest
from django.test import Client

from apps.accounts import services
from apps.accounts.models import Role, User
from apps.core import rights

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
ADD = "/admin/accounts/role/add/"


@pytest.fixture
def office(admin: User) -> Client:
    client = Client(headers={"host": "acme.localhost"})
    client.force_login(admin)
    return client


def _role(code: str) -> Role:
    return Role.objects.get(code=code)


def test_what_is_ticked_is_said_and_shown_again(office: Client) -> None:
    parent = _role("answers_auditor")
    answer = office.post(
        ADD,
        {
            "code": "viewer",
            "name": "Viewer",
            "parents": [str(parent.pk)],
            "permissions-may": ["campaigns:read", "campaigns:update", "users:read"],
            "permissions-of-campaigns": "own",
            "permissions-of-users": "tenant",
            "permissions": "campaigns:model:read\r\n*:own:read",
        },
    )
    assert answer.status_code == 302
    role = _role("viewer")
    assert role.permissions == [
        *("campaigns:own:read", "campaigns:own:update", "users:tenant:read"),
        *("campaigns:model:read", "*:own:read"),
    ]
    assert list(role.parents.all()) == [parent]

    page = office.get(f"/admin/accounts/role/{role.pk}/change/").content.decode()
    ticked = re.findall(r'value="([\w-]+:[\w*]+)" checked', page)
    assert sorted(ticked) == ["campaigns:read", "campaigns:update", "users:read"]
    assert '<option value="own" selected>what is one&#x27;s own</option>' in page
    assert re.search(r"<textarea[^>]*>\s*campaigns:model:read\n\*:own:read</textarea>", page)
    assert re.search(r'value="responses:read">\s*see \(inherited\)', page)


def test_a_change_that_concerns_somebody_is_shown_before_it_is_saved(office: Client, analyst: User, now: Any) -> None:
    role = services.create_role("low", name="Low", permissions=["users:own:read"], acting_user=None, now=now)
    services.grant_role(analyst, role, acting_user=None, now=now)
    where, form = f"/admin/accounts/role/{role.pk}/change/", {"name": "Low", "permissions-may": ["roles:read"]}

    shown = office.post(where, form).content.decode()

    assert "This concerns 1 person. Save again if it is right." in shown
    assert "They gain: Roles: see (everything in the tenant)" in shown
    assert "They lose: Accounts: see (what is one&#x27;s own)" in shown
    assert _role("low").permissions == ["users:own:read"]
    found = re.search(r'name="seen" value="([0-9a-f]+)"', shown)
    assert found
    other = office.post(where, {**form, "permissions-may": ["roles:read", "users:read"], "seen": found[1]})
    assert "They gain" in other.content.decode()
    office.post(where, {**form, "seen": found[1]})
    assert _role("low").permissions == ["roles:tenant:read"]


def test_who_forges_a_choice_is_refused(office: Client) -> None:
    for forged in ({"permissions-may": ["users:paint"]}, {"permissions-of-users": "nowhere"}):
        form = {"code": "x", "name": "X", "permissions-may": ["users:read"], **forged}
        assert "is not a permission" in office.post(ADD, form).content.decode()
    assert not Role.objects.filter(code="x").exists()


def test_every_action_has_words() -> None:
    actions = {action for resource in rights.RESOURCES.values() for action in resource.actions}

    assert actions <= rights.WORDS.keys()


def test_a_role_needs_no_code_and_the_list_says_how_far_it_reaches(office: Client) -> None:
    sent = {"name": "Leser Süd", "permissions-may": ["campaigns:read"], "permissions-of-campaigns": "own"}
    assert office.post(ADD, {**sent, "parents": [str(_role("answers_auditor").pk)]}).status_code == 302
    assert _role("leser-sud").name == "Leser Süd"

    listed = office.get("/admin/accounts/role/").content.decode()
    assert "<div>Campaigns: see (what is one&#x27;s own)</div><div>Builds on: Auditor of answers</div>" in listed
    for name, code, said in (
        ("قارئ", "", "Write a code: none can be made from this name."),
        ("South", "My role", "Use the letters a to z, digits, - and _ alone."),
        ("Leser Sud", "", "Role with this Code already exists."),
    ):
        assert said in office.post(ADD, {**sent, "name": name, "code": code}).content.decode()
