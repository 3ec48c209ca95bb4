"""Where people see what they have let in, and where administrators register it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.oauth.models import Application
from apps.oauth.tests.conftest import ACME, BACK, Program, status

pytestmark = pytest.mark.requirement("SEC-001")


def test_people_see_what_they_let_in_and_take_it_back(
    program: Program, browser: Client, make_user: Callable[..., User]
) -> None:
    token = program.tokens(browser)["access_token"]
    other = Client(headers=ACME)
    other.force_login(make_user("bo@acme.example", "tenant_admin"))
    theirs = program.tokens(other)["access_token"]
    take_back = reverse("oauth:revoke-app", args=[program.application.pk])

    for page in ("accounts:security", "oauth:apps"):
        said = browser.get(reverse(page)).content.decode()
        assert "Planner" in said
        assert take_back in said
    assert browser.post(take_back).status_code == 302
    assert [status(token), status(theirs)] == [401, 200]
    assert take_back not in browser.get(reverse("oauth:apps")).content.decode()
    assert browser.post(take_back).status_code == 404
    assert AuditEntry.objects.get(action="authorization.ended").details["why"] == "revoked"


def test_an_administrator_registers_one_and_its_secret_is_shown_once(browser: Client) -> None:
    said = {"name": "Planner", "kind": "confidential", "redirect_uris": BACK, "scopes-may": "users:read"}
    page = browser.post(reverse("admin:oauth_application_add"), said, follow=True)

    application = Application.objects.get()
    assert "shown only now: rss_" in page.content.decode()
    assert (application.scopes, application.redirect_uris) == (["users:tenant:read"], [BACK])
    assert "rss_" not in browser.get(reverse("admin:oauth_application_changelist")).content.decode()


WRONG = {
    "http elsewhere": ({"redirect_uris": ["http://app.example/"]}, "/redirect_uris/0"),
    "fragment": ({"redirect_uris": [BACK, f"{BACK}#x"]}, "/redirect_uris/1"),
    "any host": ({"redirect_uris": ["https://*.example/"]}, "/redirect_uris/0"),
    "script": ({"redirect_uris": ["javascript:alert(1)"]}, "/redirect_uris/0"),
    "another port": ({"redirect_uris": ["https://app.example:x/"]}, "/redirect_uris/0"),
    "nowhere": ({"redirect_uris": []}, "/redirect_uris"),
    "nothing": ({"scopes": []}, "/scopes"),
}


@pytest.mark.parametrize(("said", "pointer"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_pointed_at(browser: Client, said: dict[str, Any], pointer: str) -> None:
    body = {"name": "Planner", "redirect_uris": [BACK], "scopes": ["users:tenant:read"], **said}
    answer = browser.post("/api/v1/applications/", body, "application/json")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert not Application.objects.exists()


def test_one_is_changed_and_ended_by_the_api(browser: Client) -> None:
    body = {"name": "Planner", "client_type": "confidential", "redirect_uris": [BACK], "scopes": ["users:tenant:read"]}
    made = browser.post("/api/v1/applications/", body, "application/json").json()
    where = f"/api/v1/applications/{made['id']}/"

    assert made["secret"].startswith("rss_")
    assert "secret" not in browser.get(where).json()
    assert browser.patch(where, {"client_type": "public"}, "application/json").status_code == 422
    changed = browser.patch(where, {"scopes": ["roles:tenant:read"]}, "application/json").json()
    assert changed["scopes"] == ["roles:tenant:read"]
    assert browser.post(f"{where}replace-secret/", content_type="application/json").json()["secret"] != made["secret"]
    assert browser.delete(where).status_code == 204
    assert browser.get(where).json()["ended_at"]
    assert (
        browser.post(f"{where}replace-secret/", content_type="application/json").json()["code"] == "application_retired"
    )
