"""What a thief, or two requests at the same moment, would make of sessions: nothing that was ended goes on."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.exceptions import SessionInterrupted
from django.test import Client
from django.utils import timezone

from apps.accounts import services, sessions
from apps.accounts.models import ApiKey, Grant, Invitation, Role, Session, User
from apps.accounts.services.grants import AlreadyGranted
from apps.accounts.sessions import FRESH
from apps.accounts.tests.conftest import PASSWORD
from apps.core import events
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

ACME, JSON = {"host": "acme.localhost"}, "application/json"
CONFIRMED = {"confirm-method": "POST", "confirm-present": PASSWORD}


@pytest.fixture
def here(admin: User) -> Client:
    client = Client(headers=ACME)
    assert client.post("/sign-in/", {"email": admin.email, "password": PASSWORD}).status_code == 302
    return client


def _said(client: Client, **said: Any) -> None:
    session = client.session
    session.update(said)
    session.save()


@pytest.fixture
def stale(here: Client) -> Client:
    """Signed in a while ago."""
    moment = (timezone.now() - FRESH - timedelta(seconds=1)).timestamp()
    _said(here, signed_in_at=moment, auth_time=moment)
    return here


def test_who_signs_in_anew_gets_another_session_and_nothing_of_before(here: Client, admin: User) -> None:
    _said(here, planted=1)
    before = here.session.session_key

    here.post("/sign-in/", {"email": admin.email, "password": PASSWORD})

    assert here.session.session_key != before
    assert "planted" not in here.session
    assert Session.objects.count() == 1


def test_two_tabs_that_sign_in_as_two_people_are_one_of_them_in_the_end(admin: User, analyst: User) -> None:
    browser = Client(headers=ACME)
    for user in (admin, analyst):
        browser.post("/sign-in/", {"email": user.email, "password": PASSWORD})

    assert browser.get("/api/v1/users/me/").json()["email"] == analyst.email
    assert [one.user_id for one in Session.objects.all()] == [analyst.pk]


def test_an_ended_session_does_not_come_back_under_another_id(here: Client, admin: User) -> None:
    store = here.session
    assert store["schema"]  # it is loaded
    services.sign_out_everywhere(admin, acting_user=None, now=timezone.now())

    with pytest.raises(SessionInterrupted):
        store.cycle_key()

    assert not Session.objects.exists()


def test_nor_by_a_password_that_is_changed_at_that_moment(here: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = services.change_password

    def late(user: User, **given: Any) -> User:
        services.sign_out_everywhere(user, acting_user=None, now=timezone.now())
        return changed(user, **given)

    monkeypatch.setattr(services, "change_password", late)
    new = "nine slow green rivers"
    sent = {"change": "password", "present": PASSWORD, "password": new, "repeated": new}

    assert here.post("/account/", sent).status_code == 400
    assert here.get("/account/").status_code == 302


@pytest.mark.parametrize("how", ["api", "administration"])
def test_who_ends_their_own_session_is_told_what_was_done(here: Client, admin: User, how: str) -> None:
    _said(here, seen_at=(timezone.now() - timedelta(minutes=5)).timestamp())  # so its use is to be noted
    if how == "api":
        answer = here.delete(f"/api/v1/users/me/sessions/{Session.objects.get().pk}/")
    else:
        answer = here.post(f"/admin/accounts/user/{admin.pk}/sessions/")

    assert answer.status_code == (204 if how == "api" else 302)
    assert here.get("/account/").status_code == 302
    assert not Session.objects.filter(user=admin).exists()


def test_a_session_lives_in_the_tenant_of_which_it_says_that_it_is(acme: Any) -> None:
    now = timezone.now()
    said = {"schema": "acme", "signed_in_at": now.timestamp(), "seen_at": now.timestamp()}

    assert sessions.is_alive(said, now)
    assert not sessions.is_alive(said | {"schema": "beta"}, now)
    assert not sessions.is_alive({name: said[name] for name in ("signed_in_at", "seen_at")}, now)


# What opens doors asks again, whatever way it is asked for.


def test_a_second_action_in_the_form_hides_no_first_one(stale: Client, analyst: User) -> None:
    before = User.objects.get(pk=analyst.pk).password
    both = {"action": ["reset_password", "send_link"], "index": "0", "_selected_action": str(analyst.pk)}

    assert stale.post("/admin/accounts/user/", both).status_code == 403
    assert User.objects.get(pk=analyst.pk).password == before


def test_to_invite_and_to_change_what_roles_say_asks_again(stale: Client, analyst: User) -> None:
    role = Role.objects.get(code="tenant_admin")
    form = {"email": "bo@acme.example", "roles": [str(role.pk)], "language": "en", "message": ""}
    own = services.create_role("desk", name="Desk", permissions=[], acting_user=None, now=timezone.now())
    more = {"name": "Desk", "permissions": "users:tenant:manage", "parents": [], "seen": ""}
    page = f"/admin/accounts/role/{own.pk}/change/"

    asked = [stale.post("/admin/accounts/invitation/add/", form).status_code, stale.post(page, more).status_code]

    assert asked == [403, 403]
    assert not Invitation.objects.exists()
    assert Role.objects.get(pk=own.pk).permissions == []
    assert stale.get(page).status_code == 200  # to look opens nothing
    assert stale.post(page, more | CONFIRMED).status_code == 302
    assert Role.objects.get(pk=own.pk).permissions == ["users:tenant:manage"]


@pytest.mark.parametrize("what", ["grants", "api-keys", "invitations", "roles", "change of a role", "reset-password"])
def test_the_api_asks_who_came_with_a_session_and_not_with_a_key(
    stale: Client, admin: User, analyst: User, what: str
) -> None:
    role = Role.objects.get(code="tenant_admin")
    own = services.create_role("desk", name="Desk", permissions=[], acting_user=None, now=timezone.now())
    method, path, body = {
        "grants": ("POST", "grants/", {"user": str(analyst.pk), "role": str(role.pk)}),
        "api-keys": ("POST", "api-keys/", {"name": "k"}),
        "invitations": ("POST", "invitations/", {"email": "bo@acme.example", "roles": [str(role.pk)]}),
        "roles": ("POST", "roles/", {"code": "wide", "name": "W", "permissions": ["users:tenant:manage"]}),
        "change of a role": ("PATCH", f"roles/{own.pk}/", {"permissions": ["users:tenant:manage"]}),
        "reset-password": ("POST", f"users/{analyst.pk}/reset-password/", None),
    }[what]
    _, key = services.create_api_key(admin, name="program", now=timezone.now())

    sent = json.dumps(body) if body else ""

    def asked(client: Client, **headers: str) -> Any:
        return client.generic(method, f"/api/v1/{path}", sent, content_type=JSON, headers={**ACME, **headers})

    refused = asked(stale)
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_needed")
    assert (ApiKey.objects.count(), Grant.objects.filter(user=analyst, role=role).count()) == (1, 0)
    assert asked(Client(), Authorization=f"Bearer {key}").status_code in (200, 201)
    assert stale.get("/api/v1/grants/").status_code == 200


# What was found beside.


def test_names_have_one_line_and_one_direction(admin: User) -> None:
    client = Client(headers=ACME)
    client.force_login(admin)

    client.patch(f"/api/v1/users/{admin.pk}/", {"name": "Ann\r\nBcc: \u202ex@y.example"}, JSON)

    assert User.objects.get(pk=admin.pk).name == "Ann Bcc: x@y.example"


def test_a_role_whose_time_is_over_is_given_anew(admin: User, analyst: User) -> None:
    role, now = Role.objects.get(code="tenant_admin"), timezone.now()
    services.grant_role(analyst, role, acting_user=admin, now=now - timedelta(days=2), valid_until=now)

    services.grant_role(analyst, role, acting_user=admin, now=now)

    assert Grant.objects.get(user=analyst, role=role).valid_until is None
    with pytest.raises(AlreadyGranted):
        services.grant_role(analyst, role, acting_user=admin, now=now)


def test_no_letter_leaves_for_which_nobody_stands(admin: User, invite: Any, make_user: Any) -> None:
    invite(by=make_user("second@acme.example", "tenant_admin"))
    services.erase_user(User.objects.at("second@acme.example").get(), acting_user=admin, now=timezone.now())

    events.deliver_due(timezone.now())

    assert not Message.objects.filter(kind="colleague_invited").exists()
