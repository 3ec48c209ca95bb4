"""What cannot be decrypted is said: as a problem to programs, on a page to people, and never as a fault of ours."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.accounts.models import User
from apps.core import crypto

pytestmark = pytest.mark.requirement("SEC-DATA-001", "SEC-DATA-002")


@pytest.fixture
def browser(admin: User) -> Client:
    client = Client(headers={"host": "acme.localhost"}, raise_request_exception=False)
    client.force_login(admin)
    return client


@pytest.fixture
def _damaged(browser: Client, admin: User, analyst: User) -> None:
    """One's name in the other's row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_user SET name = (SELECT name FROM accounts_user WHERE id = %s) WHERE id = %s",
            [analyst.pk, admin.pk],
        )


@pytest.fixture
def _away(browser: Client, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def active(self, *_: Any) -> crypto.Key:
            raise crypto.KeyAway("nobody answers")

        version = active

    monkeypatch.setattr(crypto, "_keyrings", [Away()])


@pytest.mark.usefixtures("_damaged")
def test_a_value_that_is_damaged_is_a_problem_of_its_own(browser: Client, admin: User, analyst: User) -> None:
    answer = browser.get(f"/api/v1/users/{admin.pk}/")

    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert answer.json()["code"] == "undecryptable"
    assert "another place" not in answer.json()["detail"]
    assert browser.get(f"/api/v1/users/{analyst.pk}/").status_code == 200


@pytest.mark.usefixtures("_damaged")
def test_people_read_that_something_cannot_be_decrypted(browser: Client) -> None:
    page = browser.get("/account/")

    assert page.status_code == 409
    assert "This cannot be decrypted" in page.content.decode()


@pytest.mark.usefixtures("_damaged")
def test_so_do_administrators_and_are_not_sent_to_the_same_page_again(browser: Client, admin: User) -> None:
    for page in ("change", "delete"):
        answer = browser.get(f"/admin/accounts/user/{admin.pk}/{page}/")

        assert (answer.status_code, "Location" in answer) == ({"change": 409, "delete": 403}[page], False)


@pytest.mark.usefixtures("_away")
def test_while_keys_are_away_programs_are_told_when_to_ask_again(browser: Client, admin: User) -> None:
    answer = browser.get(f"/api/v1/users/{admin.pk}/")

    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "5", "key_away")
    assert "nobody answers" not in answer.content.decode()


@pytest.mark.usefixtures("_away")
def test_while_keys_are_away_people_are_told_that_nothing_is_lost(browser: Client) -> None:
    page = browser.get("/account/")

    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "Nothing you have saved is lost" in page.content.decode()
    assert browser.get("/health/live").status_code == 200
