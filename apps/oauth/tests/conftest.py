"""People of two tenants, as accounts have them, and an application that goes the whole way to its tokens."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client

from apps.accounts.tests.conftest import *  # noqa: F403  the people

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.oauth.models import Application

ACME, BETA = {"host": "acme.localhost"}, {"host": "beta.localhost"}
BACK = "https://app.example/back"
VERIFIER = "v" * 43
SCOPES = ("users:tenant:read", "roles:tenant:read")


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Program:
    """An application, somebody's browser, and what they say to the server of a tenant."""

    application: "Application"
    secret: str = ""
    host: dict[str, str] = field(default_factory=lambda: ACME)

    def asks(self, **changes: Any) -> str:
        """The address to which it leads people; what is changed to None is left out."""
        said = {
            "response_type": "code",
            "client_id": self.application.client_id,
            "redirect_uri": BACK,
            "scope": " ".join(self.application.scopes),
            "state": "s1",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        return f"/oauth/authorize/?{urlencode({name: one for name, one in said.items() if one is not None})}"

    def let_in(self, browser: Client, **changes: Any) -> dict[str, str]:
        """What comes back to it once somebody has consented."""
        answer = browser.post(self.asks(**changes), {"decision": "allow"}, headers=self.host)
        assert answer.status_code == 303, answer.content.decode()
        return {name: value for name, (value,) in parse_qs(urlsplit(answer["Location"]).query).items()}

    def calls(self, page: str, **said: Any) -> Any:
        given = {"client_id": self.application.client_id, **({"client_secret": self.secret} if self.secret else {})}
        body = urlencode({name: one for name, one in (given | said).items() if one is not None})
        return Client().post(f"/oauth/{page}/", body, "application/x-www-form-urlencoded", headers=self.host)

    def exchange(self, code: str, **changes: Any) -> Any:
        said = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
        return self.calls("token", **(said | changes))

    def refresh(self, token: str, **changes: Any) -> Any:
        return self.calls("token", **({"grant_type": "refresh_token", "refresh_token": token} | changes))

    def tokens(self, browser: Client, **changes: Any) -> dict[str, Any]:
        answer = self.exchange(self.let_in(browser, **changes)["code"])
        assert answer.status_code == 200, answer.content.decode()
        given: dict[str, Any] = answer.json()
        return given


def status(token: str, path: str = "/api/v1/users/", host: dict[str, str] = ACME) -> int:
    return Client().get(path, headers={**host, "authorization": f"Bearer {token}"}).status_code


@dataclass
class Clock:
    moment: datetime


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """It stands still, until a test puts it on."""
    from django.utils import timezone

    stopped = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", lambda: stopped.moment)
    return stopped


@pytest.fixture
def register(acme: Any) -> Callable[..., Program]:
    from django.utils import timezone

    from apps.oauth import services

    def made(kind: str = "public", scopes: Any = SCOPES, back: Any = (BACK,)) -> Program:
        application, secret = services.register_application(
            "Planner", kind=kind, redirect_uris=back, scopes=scopes, acting_user=None, now=timezone.now()
        )
        return Program(application, secret)

    return made


@pytest.fixture
def program(register: Callable[..., Program]) -> Program:
    return register()


@pytest.fixture
def browser(admin: "User") -> Client:
    """Of an administrator, who has signed in just now."""
    client = Client(headers=ACME)
    client.force_login(admin)
    return client
