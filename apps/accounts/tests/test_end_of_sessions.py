"""When a session ends is the server's to say: told in time, put off by people alone, whatever clocks say."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts import sessions
from apps.accounts.models import User
from apps.accounts.tests.conftest import PASSWORD
from apps.configuration import services as configuration

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

HOST = {"host": "acme.localhost"}
FETCHED = {"HX-Request": "true"}
PATH = "/account/session/"


@pytest.fixture
def here(admin: User) -> Client:
    client = Client(headers=HOST)
    client.post("/sign-in/", {"email": admin.email, "password": PASSWORD})
    return client


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    start = datetime.now(UTC)

    def forward(minutes: float) -> None:
        moment = start + timedelta(minutes=minutes)
        for module in ("middleware", "views.security"):
            monkeypatch.setattr(f"apps.accounts.{module}.timezone.now", lambda: moment)

    return forward


def test_a_page_says_how_long_the_session_lasts_and_who_is_not_signed_in_is_told_nothing(here: Client) -> None:
    page = here.get("/account/").content.decode()

    assert 'id="session-ending"' in page
    assert 'data-seconds="1799"' in page or 'data-seconds="1800"' in page
    assert "session-ending" not in Client(headers=HOST).get("/sign-in/").content.decode()


def test_the_administration_says_it_too_and_leads_back_to_what_was_typed(here: Client, clock: Any, admin: User) -> None:
    path = "/admin/accounts/role/add/"
    page = here.get(path).content.decode()

    assert 'id="session-ending"' in page
    assert f'data-keeps="{admin.pk}:{path}"' in page
    assert {"js/admin.js", "js/kept.js", "js/session_ending.js"} <= {*re.findall(r'/static/(js/[\w]+\.js)"', page)}
    clock(31)
    assert here.post(path, {"name": "N"})["Location"] == f"/sign-in/?next={path}&ended=idle"


def test_to_ask_puts_the_end_off_no_more_than_any_fetch_and_to_say_so_does(here: Client, clock: Any) -> None:
    clock(28)
    asked = here.get(PATH, headers=FETCHED).json()
    again = here.get(PATH, headers=FETCHED).json()
    said = here.post(PATH, headers=FETCHED).json()

    assert 118 <= asked["seconds"] == again["seconds"] <= 120
    assert said == {"seconds": 1800, "is_final": False}
    clock(57)
    assert here.get("/account/").status_code == 200


def test_the_button_works_without_scripts(here: Client, clock: Any) -> None:
    clock(28)
    assert here.post(PATH).status_code == 302
    clock(57)

    assert here.get("/account/").status_code == 200


def test_fetches_of_a_page_that_nobody_uses_do_not_keep_the_session(here: Client, clock: Any) -> None:
    answers = []
    for minute in range(5, 35, 5):
        clock(minute)
        answers.append(here.get(PATH, headers=FETCHED).status_code)

    assert answers == [200] * 5 + [302]


def test_the_longest_time_is_put_off_by_nothing(here: Client, clock: Any, now: datetime) -> None:
    configuration.change("session.hours", 1, now=now)
    for minute in (20, 40):
        clock(minute)
        here.post(PATH, headers=FETCHED)
    clock(59)
    said = here.post(PATH, headers=FETCHED).json()

    assert said["is_final"]
    assert 58 <= said["seconds"] <= 60
    clock(60)
    assert here.post(PATH, headers=FETCHED).status_code == 302


@pytest.mark.parametrize("skew", [-300, 300])
def test_a_clock_that_is_five_minutes_off_moves_the_end_by_that_and_no_more(
    acme: Any, now: datetime, skew: int
) -> None:
    written = now.timestamp() + skew
    held = {"schema": acme.schema_name, "signed_in_at": written, "seen_at": written}
    end = sessions.idle_seconds() + skew

    assert sessions.Remaining(held, now).seconds == end
    assert sessions.is_alive(held, now)
    assert sessions.is_alive(held, now + timedelta(seconds=end - 1))
    assert not sessions.is_alive(held, now + timedelta(seconds=end))
