"""An application is let in by a person, on a page that says what for, and does what both may."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import Grant, User
from apps.audit.models import AuditEntry
from apps.oauth.models import Application, Authorization
from apps.oauth.tests.conftest import ACME, BACK, Program, status

pytestmark = pytest.mark.requirement("SEC-001", "SEC-AUTH-001")


def test_the_page_says_in_words_what_for_and_nobody_is_led_back_unasked(program: Program, browser: Client) -> None:
    page = browser.get(program.asks())

    said = page.content.decode()
    assert page.status_code == 200
    assert "Let Planner act for you?" in said
    assert "Accounts." in said
    assert "everything in the tenant" in said
    assert "app.example" in said
    assert "form-action 'self' https://app.example" in page["Content-Security-Policy"]
    assert not Authorization.objects.exists()


def test_who_consents_is_led_back_with_a_code_that_gives_tokens_of_what_both_may(
    program: Program, browser: Client, admin: User
) -> None:
    back = program.let_in(browser)
    given = program.exchange(back["code"]).json()

    assert (back["state"], back["iss"]) == ("s1", "http://acme.localhost:8000")
    assert given["token_type"] == "Bearer"
    assert given["expires_in"] == 600
    assert status(given["access_token"]) == 200
    assert status(given["access_token"], "/api/v1/audit-entries/") == 403
    claims = jwt.decode(given["access_token"], options={"verify_signature": False})
    assert claims["sub"] == str(admin.pk)
    assert claims["sid"] == str(Authorization.objects.get().pk)
    assert claims["iss"] == claims["aud"] == back["iss"]
    assert jwt.get_unverified_header(given["access_token"])["typ"] == "at+jwt"
    entry = AuditEntry.objects.get(action="authorization.granted")
    assert (entry.actor, entry.details["scopes"]) == (str(admin.pk), list(program.application.scopes))


def test_what_a_program_does_with_a_token_is_recorded_as_its_own(register: Any, browser: Client, admin: User) -> None:
    token = register(scopes=["roles:tenant:manage"]).tokens(browser)["access_token"]

    answer = Client().post(
        "/api/v1/roles/",
        {"code": "viewer", "name": "Viewer", "permissions": []},
        "application/json",
        headers={**ACME, "authorization": f"Bearer {token}"},
    )

    assert answer.status_code == 201
    entry = AuditEntry.objects.get(action="role.fields_created", object_id=answer.json()["id"])
    assert (entry.actor_type, entry.actor) == ("application", str(admin.pk))


def test_who_does_not_consent_gives_nothing_and_the_application_is_told(program: Program, browser: Client) -> None:
    answer = browser.post(program.asks(), {"decision": "deny"})

    assert answer.status_code == 303
    assert answer["Location"].startswith(f"{BACK}?error=access_denied")
    assert "state=s1" in answer["Location"]
    assert "iss=http" in answer["Location"]
    for said in ({}, {"decision": ""}, {"decision": "Allow"}):
        assert browser.post(program.asks(), said)["Location"].startswith(f"{BACK}?error=access_denied")
    assert not Authorization.objects.exists()


def test_who_may_change_rights_shows_again_who_they_are(register: Any, browser: Client) -> None:
    program = register(scopes=["grants:tenant:create"])
    session = browser.session
    session["auth_time"] = 1
    session.save()

    assert browser.get(program.asks()).status_code == 403
    assert browser.post(program.asks(), {"decision": "allow"}).status_code == 403
    assert not Authorization.objects.exists()


def test_nothing_that_opens_something_is_stored(register: Any, browser: Client) -> None:
    program = register(kind="confidential")
    back = program.let_in(browser)
    given = program.exchange(back["code"]).json()

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a::text, b::text, c::text, d::text FROM oauth_application a, oauth_authorization b, "
            "oauth_refreshtoken c, oauth_signingkey d"
        )
        stored = str(cursor.fetchall())
    for secret in (program.secret, back["code"], given["refresh_token"], given["access_token"], "PRIVATE KEY"):
        assert secret not in stored


def test_a_token_asks_the_database_no_more_than_a_key_does(program: Program, browser: Client, admin: User) -> None:
    _, key = accounts.create_api_key(admin, name="k", now=timezone.now())
    token, asked = program.tokens(browser)["access_token"], []
    for text in (token, key):
        status(text)  # its use is noted, and what processes remember is known
        with CaptureQueriesContext(connection) as queries:
            assert status(text) == 200
        asked.append(len(queries))

    assert asked[0] == asked[1]


def test_a_lost_role_is_lost_at_the_next_request_and_the_next_token_says_so(
    program: Program, browser: Client, admin: User
) -> None:
    given = program.tokens(browser)
    Grant.objects.filter(user=admin).delete()

    assert status(given["access_token"]) == 403
    after = program.refresh(given["refresh_token"]).json()["access_token"]
    versions = {
        jwt.decode(one, options={"verify_signature": False})["perm_ver"] for one in (given["access_token"], after)
    }
    assert len(versions) == 2


@pytest.mark.parametrize(
    "scope",
    [
        "models:*",
        "models::read",
        "model*:tenant:read",
        "models\uff1atenant\uff1aread",
        "USERS:TENANT:READ",
        "users:tenant:read:x",
        "",
    ],
)
def test_what_only_looks_like_a_permission_is_none(
    register: Callable[..., Program], browser: Client, scope: str
) -> None:
    office = Client(headers=ACME)
    office.force_login(User.objects.get())
    said = {"name": "X", "redirect_uris": [BACK], "scopes": [scope]}
    answer = office.post("/api/v1/applications/", said, "application/json")

    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["pointer"].startswith("/scopes")
    assert not Application.objects.exists()
    asked = browser.get(register().asks(scope=f"users:tenant:read {scope}" if scope else "users:tenant:*"))
    assert (asked.status_code, "error=invalid_scope" in asked["Location"]) == (303, True)
