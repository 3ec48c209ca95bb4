"""A stranger who guesses without end slows strangers down; the owner gets in."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import signing
from django.test import Client, RequestFactory
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import devices, throttle
from apps.accounts.models import User
from apps.accounts.tests.conftest import PASSWORD

OWNER, STRANGER, HOME = "owner@acme.example", "127.0.0.2", "127.0.0.3"
HOST = {"host": "acme.localhost"}


def attack(now: datetime, seconds: int) -> Iterator[datetime]:
    """The stranger tries twice a second, whatever the answer; what is yielded is each moment in between."""
    for half in range(2 * seconds):
        moment = now + timedelta(seconds=half / 2)
        throttle.attempt(OWNER, STRANGER, moment)
        yield moment + timedelta(seconds=0.25)


def seconds_until_in(now: datetime, device: str = "") -> float:
    """How long the owner waits under attack, who comes a minute later and does as ``Retry-After`` says."""
    again = now + timedelta(seconds=60)
    for moment in attack(now, 600):
        if moment >= again:
            wait = throttle.attempt(OWNER, HOME, moment, device)
            if not wait:
                return (moment - now).total_seconds() - 60
            again = moment + timedelta(seconds=wait)
    raise AssertionError("not in after ten minutes")


@pytest.mark.requirement("SEC-AUTH-002")
def test_an_owner_on_a_known_device_is_let_in_at_once_under_attack(acme: Any, now: datetime) -> None:
    assert seconds_until_in(now, device="d1") < 1


def test_an_owner_on_a_new_device_waits_two_delays_of_the_account_at_most(acme: Any, now: datetime) -> None:
    assert seconds_until_in(now) <= 2 * throttle.ACCOUNT.longest


def test_an_address_that_has_to_wait_takes_no_turn_of_the_account(acme: Any, now: datetime) -> None:
    for number in range(throttle.ADDRESS.free + 2):
        throttle.attempt(f"{number}@acme.example", STRANGER, now)

    refused = [throttle.attempt(OWNER, STRANGER, now) for _ in range(20)]

    assert min(refused) > 0
    assert [throttle.attempt(OWNER, HOME, now) for _ in range(throttle.ACCOUNT.free)] == [0] * 5


def test_a_known_device_is_slowed_down_by_its_own_failures(acme: Any, now: datetime) -> None:
    waits = [throttle.attempt(OWNER, HOME, now, "d1") for _ in range(throttle.ACCOUNT.free + 2)]

    assert waits[-1] > 0
    assert throttle.attempt(OWNER, HOME, now, "d2") == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("", "unknown", False),
    ],
)
def test_addresses_of_one_subscriber_count_as_one(one: str, other: str, same: bool) -> None:
    assert (throttle.block_of(one) == throttle.block_of(other)) is same


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)


def sign_in(client: Client, email: str, password: str = PASSWORD) -> int:
    return client.post("/sign-in/", {"email": email, "password": password}, headers=HOST).status_code


@pytest.mark.usefixtures("stopped_clock")
def test_a_browser_that_has_signed_in_is_known_again(admin: User, client: Client) -> None:
    assert sign_in(client, admin.email) == 302
    for _ in range(throttle.ACCOUNT.free + 2):
        sign_in(Client(), admin.email, "a wrong guess")

    assert sign_in(Client(), admin.email) == 429
    assert sign_in(client, admin.email) == 302


@pytest.mark.usefixtures("stopped_clock")
def test_a_cookie_of_another_account_tenant_or_maker_helps_nobody(
    admin: User, beta: Any, client: Client, rf: RequestFactory
) -> None:
    sign_in(client, admin.email)
    request = rf.get("/")
    held = request.COOKIES[settings.DEVICE_COOKIE_NAME] = client.cookies[settings.DEVICE_COOKIE_NAME].value

    assert devices.known(request, admin.email.upper())
    assert not devices.known(request, "else@acme.example")
    with tenant_context(beta):
        assert not devices.known(request, admin.email)
    for forged in (held[:-1], "", signing.dumps({"id": "d1", "tenant": "acme", "accounts": []}, salt="else")):
        request.COOKIES[settings.DEVICE_COOKIE_NAME] = forged
        assert not devices.known(request, admin.email)


def test_an_attempt_that_failed_makes_no_device_known(admin: User, client: Client) -> None:
    sign_in(client, admin.email, "a wrong guess")

    assert settings.DEVICE_COOKIE_NAME not in client.cookies


def test_other_things_that_are_guessed_have_counters_of_their_own(acme: Any, now: datetime) -> None:
    waits = [throttle.take("present-password", "u1", now) for _ in range(throttle.ACCOUNT.free + 2)]

    assert waits[-1] > 0
    assert throttle.take("present-password", "u2", now) == throttle.take("reset", "u1", now) == 0
    throttle.forgive("present-password", "u1")
    assert throttle.take("present-password", "u1", now) == 0
