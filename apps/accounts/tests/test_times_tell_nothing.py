"""How long an answer takes does not tell who has an account: measured, one address of each kind after the other.

Compared is how often an address of one kind takes longer than one of the other: half of the time where nothing tells
them apart, whatever else the machine does. Passwords are hashed quickly here, so that nothing hides behind a hash; that
as many are made for each, ``test_sign_in.py`` shows.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any, Final

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Invitation, Role, User
from apps.accounts.services import create_user, grant_role
from apps.accounts.tests.conftest import PASSWORD
from apps.configuration import services as configuration

logger = logging.getLogger(__name__)
pytestmark = [pytest.mark.requirement("SEC-AUTH-001"), pytest.mark.thorough]

TRIES: Final = 30
#: How far from a half chance leads so many tries: less than once in ten thousand runs.
CHANCE: Final = 0.3
_hosts = count(1)


def _open(email: str) -> None:
    grant_role(
        create_user(email, password=PASSWORD, now=timezone.now()),
        Role.objects.get(code="stakeholder"),
        acting_user=None,
        now=timezone.now(),
    )


def _closed(email: str) -> None:
    _open(email)
    User.objects.at(email).update(is_active=False)


def _without_password(email: str) -> None:
    User.objects.create(email=email, password=make_password(None), created_at=timezone.now())


def _invited(email: str) -> None:
    now = timezone.now()
    Invitation.objects.create(email=email, created_at=now, sent_at=now, expires_at=now + timedelta(days=1))


MAKE: Final[dict[str, Callable[[str], None]]] = {
    "open": _open,
    "closed": _closed,
    "without a password": _without_password,
    "invited": _invited,
}
#: What is asked with which field besides, and of whom.
DOORS: Final[dict[str, tuple[dict[str, str], tuple[str, ...]]]] = {
    "/sign-in/": ({"password": "not the password"}, ("open", "closed", "without a password")),
    "/password/forgotten/": ({}, ("open", "closed")),
    "/sign-in/link/": ({}, ("open", "closed")),
    "/register/": ({}, ("open", "invited")),
}


@pytest.fixture
def opened(acme: Any) -> None:
    for key, value in (
        ("sign_in.links", True),
        ("registration.open", "domains"),
        ("registration.domains", "acme.example"),
    ):
        configuration.change(key, value, now=timezone.now())


@pytest.mark.parametrize("door", DOORS)
def test_known_and_unknown_addresses_take_as_long(opened: None, door: str) -> None:
    fields, kinds = DOORS[door]
    client = Client(headers={"host": "acme.localhost"})

    def seconds(email: str) -> float:
        """From another part of the network each time, so that nobody waits."""
        started = time.perf_counter()
        answer = client.post(door, {"email": email, **fields}, REMOTE_ADDR=f"2001:db8:{next(_hosts):x}::1")
        spent = time.perf_counter() - started
        assert answer.status_code in (302, 422), answer.content.decode()
        client.cookies.clear()
        return spent

    for number in range(10):
        seconds(f"warm{number}@acme.example")
    spent: dict[str, list[float]] = {kind: [] for kind in (*kinds, "unknown")}
    for number in range(TRIES):
        for kind, times in spent.items():
            email = f"{kind.replace(' ', '.')}{number}@acme.example"
            MAKE.get(kind, str)(email)
            times.append(seconds(email))

    longer = {kind: sum(one > other for one in spent[kind] for other in spent["unknown"]) / TRIES**2 for kind in kinds}
    logger.info("%s: longer than for an unknown address %s", door, longer)
    assert all(abs(part - 0.5) < CHANCE for part in longer.values()), longer
