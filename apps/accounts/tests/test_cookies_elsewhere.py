"""What a browser holds of one tenant opens nothing at another, whose rows are the same."""

from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django_tenants.utils import tenant_context

from apps.accounts.models import User
from apps.accounts.sessions import is_alive
from apps.accounts.tests.conftest import PASSWORD

pytestmark = pytest.mark.requirement("SEC-AUTH-001", "DB-002")

ACME, BETA = {"host": "acme.localhost"}, {"host": "beta.localhost"}
OTHERS = [f"django.contrib.sessions.backends.{name}" for name in ("db", "cache", "cached_db", "file", "signed_cookies")]


@pytest.mark.parametrize("engine", [*OTHERS, settings.SESSION_ENGINE])
def test_a_cookie_opens_nothing_elsewhere_whatever_keeps_the_session(
    admin: User, beta: Any, engine: str, tmp_path: Any
) -> None:
    address = admin.email
    with tenant_context(beta):
        twin = User(id=admin.id, email=address, password=admin.password, created_at=admin.created_at)
        twin.save(force_insert=True)
    with override_settings(SESSION_ENGINE=engine, SESSION_FILE_PATH=str(tmp_path)):
        client = Client()
        client.post("/sign-in/", {"email": address, "password": PASSWORD}, headers=ACME)

        assert client.get("/account/", headers=ACME).status_code == 200
        assert client.get("/account/", headers=BETA)["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("elsewhere", [{"schema": "beta"}, {"schema": None}, {"schema": ""}])
def test_a_session_that_does_not_say_that_it_belongs_here_is_over(
    acme: Any, now: datetime, elsewhere: dict[str, Any]
) -> None:
    """Whatever else is equal: where its row was copied to, it says whose it was."""
    session = {"schema": "acme", "signed_in_at": now.timestamp(), "seen_at": now.timestamp()}

    assert is_alive(session, now)
    assert not is_alive(session | elsewhere, now)


def test_a_token_against_forged_forms_is_good_at_its_own_tenant_alone(acme: Any, beta: Any) -> None:
    here, there = Client(enforce_csrf_checks=True, headers=ACME), Client(enforce_csrf_checks=True, headers=BETA)
    tokens = {name: str(client.get("/sign-in/").context["csrf_token"]) for name, client in (("a", here), ("b", there))}

    def sent(token: str) -> int:
        form = {"email": "nobody@beta.example", "password": PASSWORD, "csrfmiddlewaretoken": token}
        return there.post("/sign-in/", form).status_code

    assert (sent(tokens["a"]), sent(tokens["b"])) == (403, 422)
