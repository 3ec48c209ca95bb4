"""Consent to what changes rights takes a second factor from who has one: two apps that know nothing of each other."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.tests.conftest import PASSWORD
from apps.factors.tests.phone import code_of, enrol
from apps.oauth.models import Authorization
from apps.oauth.tests.conftest import Program, admin, browser, make_user, register

__all__ = ["admin", "browser", "make_user", "register"]  # fixtures

pytestmark = pytest.mark.requirement("SEC-001", "SEC-AUTH-001")


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
