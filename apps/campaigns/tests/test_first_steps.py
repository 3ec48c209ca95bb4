"""The first page tells an administrator of a new tenant what to do first, and ticks what the data say is done."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import services
from apps.accounts.models import Role, User
from apps.campaigns.models import Campaign
from apps.campaigns.tests.conftest import *  # noqa: F403  fixtures: a campaign and who is in it
from apps.campaigns.tests.story import make_user
from apps.configuration import services as configuration
from apps.models import services as models

pytestmark = pytest.mark.requirement("UC-001")

ACME, BETA = {"host": "acme.localhost"}, {"host": "beta.localhost"}
TITLE = "First steps"


def _browser(user: User, host: dict[str, str] = ACME) -> Client:
    client = Client(headers=host)
    client.force_login(user)
    return client


@pytest.fixture
def boss(acme: Any) -> User:
    return make_user("boss@acme.example", timezone.now(), role="tenant_admin")


def _steps(browser: Client) -> dict[str, str]:
    """What the page says of each step, with where one that is not done leads."""
    page = browser.get("/").content.decode()
    section = page[page.index(TITLE) :]
    section = section[: section.index("</section>")]
    found = re.findall(r"<li>\s*<span>(?:<a href=\"([^\"]+)\">)?([^<]+)", section)
    return {label: where or "done" for where, label in found}


def test_it_begins_with_everything_to_do_and_each_link_opens(boss: User) -> None:
    browser = _browser(boss)

    steps = _steps(browser)

    assert list(steps) == [
        "Say where replies to e-mails go",
        "Invite your colleagues",
        "Publish a resilience model",
        "Add what is assessed",
        "Open your first campaign",
    ]
    assert {browser.get(where).status_code for where in steps.values()} == {200}


def test_what_the_data_say_is_done_is_ticked_and_once_all_is_they_are_gone(boss: User, campaign: Campaign) -> None:
    browser, now = _browser(boss), timezone.now()

    steps = _steps(browser)
    configuration.change("campaign.reply_to", "office@acme.example", now=now)

    assert {label for label, where in steps.items() if where != "done"} == {"Say where replies to e-mails go"}
    assert TITLE not in browser.get("/").content.decode()


def test_who_has_invited_somebody_has_invited_their_colleagues(boss: User) -> None:
    roles = [*Role.objects.filter(code="stakeholder")]
    services.invite("x@acme.example", roles=roles, acting_user=boss, now=timezone.now())

    assert _steps(_browser(boss))["Invite your colleagues"] == "done"


def test_whoever_has_seen_enough_puts_them_away_for_themselves(boss: User) -> None:
    other = make_user("other@acme.example", timezone.now(), role="tenant_admin")
    browser = _browser(boss)
    _steps(browser)

    assert browser.get("/account/first-steps/put-away/").status_code == 405
    answer = browser.post("/account/first-steps/put-away/")

    assert answer.status_code == 302
    assert TITLE not in browser.get("/").content.decode()
    assert TITLE in _browser(other).get("/").content.decode()


@pytest.mark.requirement("SEC-AUTH-002")
def test_they_are_the_administrators_alone(acme: Any) -> None:
    analyst = make_user("ana@acme.example", timezone.now())

    assert TITLE not in _browser(analyst).get("/").content.decode()


def test_a_program_is_no_colleague(boss: User) -> None:
    services.create_service_account("Sensor feed", owner=boss, acting_user=None, now=timezone.now())

    assert _steps(_browser(boss))["Invite your colleagues"] != "done"


@pytest.mark.requirement("DB-002")
def test_another_tenants_data_tick_nothing(boss: User, beta: Any) -> None:
    with tenant_context(beta):
        models.create_subject(code="quay", name="Quay", acting_user=None, now=timezone.now())
        theirs = _browser(make_user("boss@beta.example", timezone.now(), role="tenant_admin"), BETA)
        assert _steps(theirs)["Add what is assessed"] == "done"

    assert _steps(_browser(boss))["Add what is assessed"] == "/subjects/new/"
