"""Somebody gets another address for their account once its mailbox has answered; the one before is told of it."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from apps.accounts import services
from apps.accounts.models import AddressChange, User
from apps.accounts.services.addresses import LINKS, AddressLinkOver
from apps.accounts.services.forgotten import token_for
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.core import events
from apps.keys import services as keys
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("UC-001", "AUTH-001")

ACME, BETA = {"host": "acme.localhost"}, {"host": "beta.localhost"}
NEW = "ada@new.example"


@pytest.fixture
def browser(analyst: User) -> Client:
    client = Client(headers=ACME)
    client.force_login(analyst)
    return client


def _ask(browser: Client, email: str = NEW, present: str = PASSWORD) -> Any:
    return browser.post("/account/", {"change": "address", "email": email, "present": present})


def _letters() -> dict[str, tuple[str, str]]:
    events.deliver_due(timezone.now())
    return {one.kind: (one.address, one.body) for one in Message.objects.select_related("key")}


def _path() -> str:
    return f"/account/address/{LINKS.token_for(LINKS.rows().get())}/"


def test_the_new_address_counts_once_its_mailbox_has_answered(browser: Client, analyst: User) -> None:
    asked = _ask(browser)
    letters = _letters()
    link = re.search(r"http://acme\.localhost(?::\d+)?(/account/address/[^\s]+/)", letters["confirm_address"][1])
    assert link
    looked = browser.get(link[1])
    assert User.objects.get(pk=analyst.pk).email == "ada@acme.example"
    answered = Client(headers=ACME).post(link[1])

    assert (asked.status_code, looked.status_code, answered["Location"]) == (302, 200, "/sign-in/")
    assert (letters["confirm_address"][0], letters["address_asked"][0]) == (NEW, "ada@acme.example")
    assert _letters()["address_changed"][0] == "ada@acme.example"
    assert User.objects.at(NEW.upper()).get().pk == analyst.pk
    assert not User.objects.at("ada@acme.example").exists()
    assert {"user.address_asked", "user.address_changed"} <= set(AuditEntry.objects.values_list("action", flat=True))
    assert keys.verify("acme").problems == []


def test_the_page_says_what_it_waits_for_and_each_of_its_fields_has_an_id_of_its_own(browser: Client) -> None:
    _ask(browser)

    page = browser.get("/account/").content.decode()

    ids = re.findall(r'\sid="([^"]+)"', page)
    assert f"<strong>{NEW}</strong>" in page
    assert (len(ids) > 8, sorted(ids)) == (True, sorted(set(ids)))


def test_without_the_password_nothing_is_asked_for(browser: Client) -> None:
    wrong = _ask(browser, present="not it at all")

    assert (wrong.status_code, AddressChange.objects.exists(), _letters()) == (422, False, {})
    assert b"The current password is incorrect." in wrong.content


@pytest.mark.parametrize("email", ["x", "", "a@b.example\r\nBcc: c@d.example", "ADA@acme.example"])
def test_what_is_no_other_address_is_told_at_the_field(browser: Client, email: str) -> None:
    assert _ask(browser, email).status_code == 422
    assert not AddressChange.objects.exists()


def test_whether_somebody_has_the_address_is_told_to_nobody(browser: Client, admin: User) -> None:
    free, taken = _ask(browser, "free@acme.example"), _ask(browser, admin.email)

    assert (free.status_code, taken.status_code, free["Location"]) == (302, 302, taken["Location"])
    assert "confirm_address" not in _letters()
    assert Client(headers=ACME).post(_path()).status_code == 410
    assert User.objects.at(admin.email).get().pk == admin.pk


def _again(user: User) -> None:
    services.ask_for_address(user, email="other@new.example", present=PASSWORD, now=timezone.now())


def _password(user: User) -> None:
    services.reset_password(user, acting_user=None, now=timezone.now())


def _closed(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def _late(user: User) -> None:
    AddressChange.objects.update(asked_at=timezone.now() - timedelta(days=2))


def _erased(user: User) -> None:
    services.erase_user(user, acting_user=None, now=timezone.now())


@pytest.mark.parametrize("what", [_again, _password, _closed, _late, _erased])
def test_the_link_dies_with_what_it_was_made_for(admin: User, analyst: User, what: Any) -> None:
    services.ask_for_address(analyst, email=NEW, present=PASSWORD, now=timezone.now())
    path = _path()
    what(analyst)

    assert Client(headers=ACME).post(path).status_code == 410
    assert not User.objects.at(NEW).exists()


def test_the_link_works_once_and_ends_links_to_the_address_before(analyst: User) -> None:
    services.ask_for_address(analyst, email=NEW, present=PASSWORD, now=timezone.now())
    token, reset = LINKS.token_for(LINKS.rows().get()), token_for(User.objects.get(pk=analyst.pk))
    services.confirm_address(token, now=timezone.now())

    with pytest.raises(AddressLinkOver):
        services.confirm_address(token, now=timezone.now())
    with pytest.raises(services.LinkUsedUp):
        services.owner_of(reset)


def test_a_letter_that_is_written_late_makes_the_link_good_for_no_longer(analyst: User) -> None:
    services.ask_for_address(analyst, email=NEW, present=PASSWORD, now=timezone.now() - timedelta(hours=25))

    assert Client(headers=ACME).get(_path()).status_code == 410


@pytest.mark.requirement("COMP-001")
def test_what_an_erased_account_wanted_is_gone_with_it(admin: User, analyst: User) -> None:
    services.ask_for_address(analyst, email=NEW, present=PASSWORD, now=timezone.now())

    _erased(analyst)

    assert not AddressChange.objects.exists()


@pytest.mark.requirement("DB-002")
def test_the_link_opens_nothing_at_another_tenant(analyst: User, beta: Any, now: datetime) -> None:
    services.ask_for_address(analyst, email=NEW, present=PASSWORD, now=timezone.now())
    change, path, email = LINKS.rows().get(), _path(), analyst.email
    with tenant_context(beta):
        copy = User.objects.create(pk=analyst.pk, email=email, created_at=now)
        AddressChange.objects.create(pk=change.pk, user=copy, email=NEW, asked_at=change.asked_at)

    assert Client(headers=BETA).post(path).status_code == 410


@pytest.mark.requirement("SEC-DATA-002")
def test_an_address_that_was_not_confirmed_in_time_is_forgotten(analyst: User) -> None:
    now = timezone.now()
    for hours, email in ((0, NEW), (5, "later@new.example")):
        services.ask_for_address(analyst, email=email, present=PASSWORD, now=now + timedelta(hours=hours))

    events.deliver_due(now + timedelta(hours=25))
    assert AddressChange.objects.get().email == "later@new.example"
    events.deliver_due(now + timedelta(hours=30))
    assert not AddressChange.objects.exists()


@pytest.mark.requirement("SEC-DATA-001", "SEC-DATA-002")
def test_the_wanted_address_is_unreadable_in_the_table_and_its_link_survives_a_rotation(analyst: User) -> None:
    now = timezone.now()
    services.ask_for_address(analyst, email=NEW, present=PASSWORD, now=now)
    path = _path()
    with connection.cursor() as cursor:
        cursor.execute("SELECT email FROM accounts_addresschange")
        assert b"new.example" not in bytes(cursor.fetchone()[0])
    with schema_context("public"):
        keys.rotate("acme", purpose="signing", now=now - timedelta(hours=2))
        with pytest.raises(keys.KeyInUse):
            keys.destroy("acme", 1, purpose="signing", now=now + timedelta(hours=20))

    assert Client(headers=ACME).post(path).status_code == 302


def test_an_account_sends_letters_to_whomever_ever_more_slowly(
    browser: Client, analyst: User, stopped_clock: None
) -> None:
    answers = [_ask(browser, f"{place}@new.example").status_code for place in range(8)]

    assert answers == [302] * 6 + [429] * 2
    assert AddressChange.objects.get().email == "5@new.example"
