"""What is tried around applications: scopes without end, and rows that stand elsewhere as well."""

from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from apps.accounts.models import User
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
