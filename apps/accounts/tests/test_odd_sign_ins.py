"""A sign-in is weighed by named inputs. What strangers do counts on unknown devices alone, and there is a way back."""

import re
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import risk, services, throttle
from apps.accounts.models import User
from apps.accounts.services.device_links import LINKS
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.configuration.registry import KEYS
from apps.core.errors import Invalid
from apps.notifications.models import Message

pytestmark = [pytest.mark.requirement("SEC-AUTH-001"), pytest.mark.usefixtures("stopped_clock")]

ACME, BETA = {"host": "acme.localhost"}, {"host": "beta.localhost"}
#: What a known device with a fresh queue cannot be rid of.
LASTING = {"administrator", "no_recent_factor"}


@pytest.fixture
def ada(analyst: User) -> User:
    """Somebody who was here before, elsewhere."""
    User.objects.filter(pk=analyst.pk).update(last_login=timezone.now() - timedelta(days=1))
    return User.objects.get(pk=analyst.pk)


def _try(client: Client, email: str, password: str = PASSWORD, host: dict[str, str] = ACME, **more: Any) -> Any:
    return client.post("/sign-in/", {"email": email, "password": password, "next": "/account/"}, headers=host, **more)


def _guess(email: str) -> None:
    """Strangers have used up what is free."""
    for _ in range(risk.FAILURES):
        assert _try(Client(), email, "wrong", REMOTE_ADDR="198.51.100.9").status_code == 422


def _is_inside(client: Client) -> bool:
    return client.get("/account/", headers=ACME).status_code == 200


def test_each_sum_asks_for_what_the_table_says(acme: Any) -> None:
    weight = {one.name: one.weight for one in risk.INPUTS}
    assert weight == {
        "failures": 30,
        "new_device": 25,
        "crowded_address": 25,
        "administrator": 15,
        "no_recent_factor": 10,
    }
    asked = {score: risk._outcome(score) for score in (0, 59, 60, 79, 80, 99, 100)}
    assert [*asked.values()] == [risk.Outcome(one) for one in (0, 0, 1, 1, 2, 2, 3)]


def test_each_input_holds_from_what_it_says_on(acme: Any, now: datetime) -> None:
    def inputs(failures: int = 0, accounts: int = 0, days: float = 0) -> tuple[str, ...]:
        used_at = now - timedelta(days=days)
        facts = risk.Facts(False, failures, accounts, factor_used_at=used_at, is_administrator=False, now=now)
        return risk.assess(facts).inputs

    assert inputs(failures=4, accounts=4, days=30) == ()
    assert inputs(failures=5, accounts=5, days=30.001) == ("failures", "crowded_address", "no_recent_factor")


def test_whoever_has_proved_the_mailbox_is_let_in_however_tight_a_tenant_is(acme: Any) -> None:
    limits = ("risk.ask_from", "risk.ask_stronger_from", "risk.refuse_from")
    least = min(KEYS[name].schema["minimum"] for name in limits)
    weights = {one.name: one.weight for one in risk.INPUTS}

    sums = [sum(weights[name] for name in some) for n in range(3) for some in combinations(LASTING, n)]
    assert max(sums) < least


def test_an_ordinary_new_device_signs_in_and_it_is_said_why_it_was_weighed(ada: User, client: Client) -> None:
    assert _try(client, ada.email)["Location"] == "/account/"

    details = AuditEntry.objects.get(action="session.started").details
    assert details["risk"] == {"score": 35, "inputs": ["new_device", "no_recent_factor"], "outcome": "allow"}
    page = client.get("/account/security/", headers=ACME).content.decode()
    assert (
        "an unusual sign-in: a device on which this account was not used before, no second factor within 30 days"
        in page
    )
    assert "35" not in page.partition("an unusual sign-in")[2].partition("</p>")[0]


def test_what_is_so_of_the_account_alone_makes_no_sign_in_unusual(ada: User, client: Client) -> None:
    _try(client, ada.email)
    client.post("/sign-out/", headers=ACME)
    _try(client, ada.email)

    page = client.get("/account/security/", headers=ACME).content.decode()
    assert ("a usual sign-in" in page, "an unusual sign-in" in page) == (True, False)


def test_a_new_device_after_guesses_proves_the_mailbox_once(ada: User, client: Client) -> None:
    _guess(ada.email)
    answer = _try(client, ada.email)

    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/device/")
    assert not _is_inside(client)
    refused = AuditEntry.objects.filter(action="session.refused", actor=str(ada.pk)).get()
    assert refused.details["risk"]["inputs"] == ["failures", "new_device", "no_recent_factor"]

    link = LINKS.path_for(ada)
    assert "Is this your device?" in client.get(link, headers=ACME).content.decode()
    assert not _is_inside(client)
    assert client.post(link, headers=ACME).status_code == 302
    assert _try(client, ada.email)["Location"] == "/account/"
    assert _is_inside(client)
    assert client.get(link, headers=ACME).status_code == 410


def test_looking_at_the_link_makes_nothing_known_and_it_is_of_one_tenant(
    ada: User, client: Client, stranger: User
) -> None:
    _guess(ada.email)
    link = LINKS.path_for(ada)

    assert client.get(link, headers=ACME).status_code == 200
    assert client.post(link, headers=BETA).status_code == 410
    assert _try(client, ada.email)["Location"] == "/sign-in/device/"


def test_the_letter_carries_the_link(ada: User) -> None:
    services.write_device_link(str(ada.pk), uuid4(), now=timezone.now())

    assert re.search(r"/sign-in/device/[\w:-]+/", Message.objects.get().body)


def test_guesses_of_strangers_do_not_touch_an_owner_on_a_known_device(ada: User, client: Client) -> None:
    assert _try(client, ada.email)["Location"] == "/account/"
    client.post("/sign-out/", headers=ACME)
    _guess(ada.email)

    assert _try(client, ada.email)["Location"] == "/account/"


def test_many_accounts_from_one_address_count_for_who_comes_from_there(ada: User) -> None:
    for number in range(risk.ACCOUNTS):
        _try(Client(), f"nobody{number}@acme.example", "wrong")

    assert throttle.standing(ada.email, "127.0.0.1").accounts == risk.ACCOUNTS - 1
    throttle.attempt(ada.email, "127.0.0.1", timezone.now())
    assert throttle.standing(ada.email, "127.0.0.1").accounts == risk.ACCOUNTS
    throttle.succeeded(ada.email, "127.0.0.1")
    assert throttle.standing(ada.email, "127.0.0.1").accounts == risk.ACCOUNTS - 1


def test_a_tenant_tightens_and_never_loosens(acme: Any, admin: User) -> None:
    with pytest.raises(Invalid):
        configuration.change("risk.ask_from", 61, now=timezone.now())

    configuration.change("risk.ask_from", 30, now=timezone.now())
    assert risk._outcome(35) is risk.Outcome.FACTOR


def test_what_is_asked_for_more_says_nothing_of_the_account(ada: User, client: Client) -> None:
    """Before the right password everybody gets the same; the page behind it names nobody."""
    _guess(ada.email)
    known = _try(client, ada.email, "wrong", REMOTE_ADDR="203.0.113.5")
    unknown = _try(Client(), "nobody@acme.example", "wrong", REMOTE_ADDR="203.0.113.6")

    assert known.status_code in (422, 429)
    assert unknown.status_code == 422
    page = client.get("/sign-in/device/", headers=ACME)
    assert (page.status_code, ada.email in page.content.decode()) == (200, False)
