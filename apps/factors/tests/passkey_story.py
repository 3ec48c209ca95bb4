"""An administrator with a passkey, and the ways in which it is shown."""

from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client

from apps.accounts.models import User
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.factors.tests.authenticator import SoftAuthenticator
from apps.factors.tests.conftest import Clock
from apps.tenants.hosts import address

ACME, BETA = {"host": "acme.localhost"}, {"host": "beta.localhost"}
FACTORS = "/account/security/factors/"
ADD, NEW, CONFIRM = f"{FACTORS}passkey/", f"{FACTORS}passkey/new/", f"{FACTORS}passkey/ask/"
ALONE, ANYBODY = "/sign-in/passkey/", "/sign-in/passkey/ask/"
STEP, HALF = "/sign-in/factor/", "/sign-in/factor/passkey/"


@pytest.fixture
def browser(admin: User, clock: Clock) -> Client:
    """Signed in by password."""
    client = Client(headers=ACME)
    assert client.post("/sign-in/", {"email": admin.email, "password": PASSWORD}).status_code == 302
    return client


def new_key(**more: Any) -> SoftAuthenticator:
    return SoftAuthenticator(address("acme.localhost"), **more)


def add(client: Client, key: SoftAuthenticator, **lies: Any) -> Any:
    return client.post(ADD, {"name": "blue key", "passkey": key.make(client.post(NEW).json(), **lies)})


@pytest.fixture
def key(browser: Client) -> SoftAuthenticator:
    """The passkey of the administrator, and backup codes besides; the browser stays signed in."""
    held = new_key()
    assert add(browser, held).status_code == 200
    return held


def alone(key: SoftAuthenticator, client: Client | None = None, headers: Any = ACME, **lies: Any) -> Client:
    """Try to sign in by it alone."""
    client = client or Client(headers=headers)
    answer = client.post(ALONE, {"passkey": key.show(client.post(ANYBODY).json(), **lies), "next": "/account/"})
    assert answer.status_code == 302
    return client


def half_signed_in(email: str) -> Client:
    client = Client(headers=ACME)
    assert client.post("/sign-in/", {"email": email, "password": PASSWORD})["Location"].startswith(STEP)
    return client


def is_inside(client: Client) -> bool:
    return SESSION_KEY in client.session and client.get("/account/").status_code == 200


def refusals(action: str = "factor.refused") -> list[Any]:
    return [one.details["reason"] for one in AuditEntry.objects.filter(action=action).order_by("pk")]
