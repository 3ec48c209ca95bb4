"""What is tried around applications: scopes without end, and rows that stand elsewhere as well."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.configuration import services as configuration
from apps.oauth import services
from apps.oauth.models import Authorization, RefreshToken
from apps.oauth.services import live_authorizations
from apps.oauth.tests.conftest import ACME, BACK, BETA, Program, status

pytestmark = pytest.mark.requirement("SEC-001", "SEC-AUTH-001")


def test_what_is_asked_for_again_and_again_is_asked_for_once(program: Program, browser: Client) -> None:
    """A job keeps its scopes as bits of one number, and the trail the list."""
    given = program.tokens(browser, scope=" ".join(["roles:tenant:read"] * 500))
    after = program.refresh(given["refresh_token"], scope=" ".join(["roles:tenant:read"] * 2000)).json()

    assert Authorization.objects.get().scopes == ["roles:tenant:read"]
    assert status(given["access_token"], "/api/v1/roles/") == 200
    assert status(after["access_token"], "/api/v1/roles/") == 200


def test_what_is_stored_here_opens_nothing_where_it_stands_as_well(
    program: Program, browser: Client, stranger: User, beta: Any
) -> None:
    """As in a copy of all our rows under another tenant's name: neither a code nor a refresh token finds them."""
    code, given = program.let_in(browser)["code"], program.tokens(browser)
    application, rows = program.application, [*Authorization.objects.all(), *RefreshToken.objects.all()]
    abroad = Program(application, host=BETA)
    with tenant_context(beta):
        for row in [application, *rows]:
            if isinstance(row, Authorization):
                row.user, row.epoch = stranger, stranger.session_epoch
            row.save(force_insert=True)

        assert abroad.exchange(code).json()["error"] == "invalid_grant"
        assert abroad.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    assert program.exchange(code).status_code == 200


def test_an_application_that_is_changed_while_somebody_reads_is_given_what_they_read(
    register: Callable[..., Program], browser: Client
) -> None:
    program = register(scopes=["roles:tenant:read"])
    page = browser.get(program.asks(scope=None, redirect_uri=None)).content.decode()
    services.change_application(
        program.application,
        scopes=["roles:tenant:read", "users:tenant:read"],
        redirect_uris=["https://evil.example/", BACK],
        acting_user=None,
        now=timezone.now(),
    )
    [action] = re.findall(r'<form method="post" action="([^"]+)"', page)
    led = browser.post(f"/oauth/authorize/{html.unescape(action)}", {"decision": "allow"})

    assert Authorization.objects.get().scopes == ["roles:tenant:read"]
    assert led["Location"].startswith(f"{BACK}?")
    code = parse_qs(urlsplit(led["Location"]).query)["code"][0]
    assert program.exchange(code).status_code == 200


def test_an_application_learns_of_a_person_no_more_than_it_was_named(
    register: Callable[..., Program], browser: Client, admin: User
) -> None:
    configuration.change("users.attributes", {"properties": {"grade": {}}}, now=timezone.now())
    accounts.change_attributes(admin, {"grade": "E7"}, acting_user=admin, now=timezone.now())
    _key, text = accounts.create_api_key(admin, name="all", now=timezone.now())
    named = [register(scopes=[one]).tokens(browser)["access_token"] for one in ("roles:tenant:read", "users:*:manage")]
    asking = [Client(headers={**ACME, "authorization": f"Bearer {one}"}) for one in (*named, text)]

    shown = [one.get("/api/v1/users/me/").json() for one in (*asking, browser)]
    assert [one["attributes"] for one in shown] == [{}, *[{"grade": "E7"}] * 3]
    assert {one["email"] for one in shown} == {admin.email}


def test_an_application_that_may_change_settings_is_asked_for_as_others_that_give_rights(
    register: Callable[..., Program], browser: Client
) -> None:
    """Settings say who may register, and where sign-in may lead."""
    session = browser.session
    session["signed_in_at"] = (timezone.now() - timedelta(hours=1)).timestamp()
    session.save()

    scopes = ("settings:tenant:read", "settings:tenant:update", "keys:tenant:manage")
    assert [browser.get(register(scopes=[one]).asks()).status_code for one in scopes] == [200, 403, 403]


def test_what_ended_with_the_sessions_of_an_account_is_shown_no_more(
    program: Program, browser: Client, admin: User
) -> None:
    program.tokens(browser)
    shown = [live_authorizations(admin, now=timezone.now()).count()]
    ended = accounts.end_sessions(admin)

    assert [*shown, live_authorizations(ended, now=timezone.now()).count()] == [1, 0]
