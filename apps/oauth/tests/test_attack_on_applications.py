"""What is tried around applications: scopes without end, and consent by a password alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts.models import User
from apps.accounts.tests.conftest import PASSWORD
from apps.factors.tests.phone import code_of, enrol
from apps.oauth.models import Authorization, RefreshToken
from apps.oauth.tests.conftest import BETA, Program, status

pytestmark = pytest.mark.requirement("SEC-001", "SEC-AUTH-001")


def test_what_is_asked_for_again_and_again_is_asked_for_once(program: Program, browser: Client) -> None:
    """A job keeps its scopes as bits of one number, and the trail the list."""
    given = program.tokens(browser, scope=" ".join(["roles:tenant:read"] * 500))
    after = program.refresh(given["refresh_token"], scope=" ".join(["roles:tenant:read"] * 2000)).json()

    assert Authorization.objects.get().scopes == ["roles:tenant:read"]
    assert status(given["access_token"], "/api/v1/roles/") == 200
    assert status(after["access_token"], "/api/v1/roles/") == 200


def test_who_has_a_factor_lets_nobody_change_rights_by_the_password_alone(
    register: Callable[..., Program], browser: Client, admin: User
) -> None:
    factor, _ = enrol(admin, timezone.now() - timedelta(minutes=5))
    browser.force_login(User.objects.get(pk=admin.pk))
    program, sent = register(scopes=["grants:tenant:create"]), {"decision": "allow", "confirm-method": "POST"}
    code = code_of(factor.seed, timezone.now())

    assert browser.post(program.asks(), {**sent, "confirm-present": PASSWORD}).status_code == 422
    assert not Authorization.objects.exists()
    assert browser.post(program.asks(), {**sent, "confirm-code": code}).status_code == 303


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
