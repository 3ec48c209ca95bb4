"""The administration asks again who is there before it opens doors to others, and then does what was asked."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import sessions
from apps.accounts.models import ApiKey, Grant, Role, User
from apps.accounts.tests.conftest import PASSWORD

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

CONFIRMED = {"confirm-method": "POST", "confirm-present": PASSWORD}


@pytest.fixture
def browser(admin: User) -> Client:
    """Signed in a while ago."""
    client = Client(headers={"host": "acme.localhost"})
    client.force_login(admin)
    session = client.session
    session["signed_in_at"] = (timezone.now() - sessions.FRESH - timedelta(seconds=1)).timestamp()
    session.save()
    return client


def _twice(browser: Client, path: str, sent: dict[str, Any]) -> list[int]:
    """The answers to what is sent, and to the same with the password."""
    return [browser.post(path, given).status_code for given in (sent, sent | CONFIRMED)]


def test_a_role_is_given_once_the_password_is(browser: Client, analyst: User) -> None:
    sent = {"user": str(analyst.pk), "role": str(Role.objects.get(code="tenant_admin").pk)}

    assert _twice(browser, "/admin/accounts/grant/add/", sent) == [403, 302]
    assert Grant.objects.filter(user=analyst, role__code="tenant_admin").count() == 1


def test_so_is_a_key_and_the_one_that_follows_it(browser: Client, analyst: User, admin: User) -> None:
    sent = {"name": "k", "user": str(admin.pk), "permissions": "models:tenant:read", "networks": ""}
    assert _twice(browser, "/admin/accounts/apikey/add/", sent) == [403, 302]
    assert ApiKey.objects.get().permissions == ["models:tenant:read"]

    session = browser.session
    session["auth_time"] = 1
    session.save()
    chosen = {"action": "rotate", "_selected_action": str(ApiKey.objects.get().pk)}
    assert _twice(browser, "/admin/accounts/apikey/", chosen) == [403, 302]
    assert ApiKey.objects.count() == 2


def test_what_opens_nothing_is_not_asked_for(browser: Client, analyst: User) -> None:
    answer = browser.post("/admin/accounts/user/", {"action": "deactivate", "_selected_action": str(analyst.pk)})

    assert answer.status_code == 302
    assert not User.objects.get(pk=analyst.pk).is_active


def test_people_are_erased_and_roles_changed_only_after_asking(browser: Client, admin: User, analyst: User) -> None:
    role = Role.objects.create(code="own", name="Own", permissions=["models:tenant:read"])

    assert browser.get(f"/admin/accounts/role/{role.pk}/change/").status_code == 200
    assert browser.post(f"/admin/accounts/role/{role.pk}/change/", {"name": "Other"}).status_code == 403
    assert browser.post(f"/admin/accounts/role/{role.pk}/delete/", {"post": "yes"}).status_code == 403
    asked = browser.post(f"/admin/accounts/user/{analyst.pk}/erase/")
    said = asked.content.decode()
    assert (asked.status_code, "Password" in said, "(optional)" in said) == (403, True, False)
    assert not User.objects.get(pk=analyst.pk).is_erased
    assert _twice(browser, f"/admin/accounts/user/{analyst.pk}/erase/", {}) == [403, 302]
    assert User.objects.get(pk=analyst.pk).is_erased


def test_the_api_refuses_what_is_dangerous_to_a_session_that_is_old(browser: Client, analyst: User) -> None:
    role = str(Role.objects.get(code="tenant_admin").pk)
    sent = {"user": str(analyst.pk), "role": role}

    refused = browser.post("/api/v1/grants/", sent, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_needed")
    assert browser.get("/api/v1/users/export/").status_code == 403
    assert browser.post(f"/api/v1/users/{analyst.pk}/erase/", {}, "application/json").status_code == 403
    assert browser.get("/api/v1/users/").status_code == 200
