"""What is over for thirty days is removed by the clock, and nothing that still says anything."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.oauth import services
from apps.oauth.models import Authorization, RefreshToken, SigningKey
from apps.oauth.tests.conftest import Program, status

pytestmark = pytest.mark.requirement("SEC-001")


def test_what_ended_long_ago_goes_and_the_rest_stays(program: Program, browser: Client) -> None:
    ended, token = program.tokens(browser), program.tokens(browser)["access_token"]
    program.let_in(browser)
    now, first = timezone.now(), Authorization.objects.order_by("pk")[0]
    services.end_authorization(first, why="revoked", acting_user=None, now=now - timedelta(days=31))
    services.rotate_signing_key(now=now)

    assert services.forget_ended(now=now) == 1
    assert services.forget_ended(now=now) == 0
    assert program.refresh(ended["refresh_token"]).json()["error"] == "invalid_grant"
    assert status(token) == 200
    assert [Authorization.objects.count(), RefreshToken.objects.count(), SigningKey.objects.count()] == [2, 1, 2]
    assert services.forget_ended(now=now + timedelta(days=61)) == 2
    assert [RefreshToken.objects.count(), SigningKey.objects.count()] == [0, 1]
