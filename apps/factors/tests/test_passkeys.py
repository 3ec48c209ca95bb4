"""Passkeys: added by who is there, good alone, after a password and to confirm; and what gives nothing away."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.accounts import risk, sessions, throttle
from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.core import events
from apps.core.models import Event
from apps.factors import services
from apps.factors.models import Factor, Passkey
from apps.factors.services.asking import QUESTIONS
from apps.factors.tests.authenticator import SoftAuthenticator, bytes_of
from apps.factors.tests.conftest import Clock
from apps.factors.tests.passkey_story import (
    ACME,
    ANYBODY,
    CONFIRM,
    FACTORS,
    HALF,
    NEW,
    STEP,
    add,
    alone,
    browser,
    half_signed_in,
    is_inside,
    key,
    new_key,
)
from apps.notifications.models import Message

__all__ = ["browser", "key"]  # fixtures

pytestmark = pytest.mark.requirement("SEC-AUTH-001")


# What must be true.


def test_one_is_added_with_backup_codes_and_its_owner_is_told(admin: User, browser: Client) -> None:
    elsewhere = Client(headers=ACME)
    elsewhere.force_login(admin)
    done, page = add(browser, new_key()), browser.get(FACTORS).content.decode()

    assert done.content.decode().count("-") > 20  # the codes, once
    assert (browser.session["acr"], browser.session["amr"]) == ("aal2", ["mfa", "pop", "pwd"])
    assert ("blue key" in page, "not used yet" in page, "10 codes are left" in page) == (True, True, True)
    assert elsewhere.get(FACTORS).status_code == 302
    assert "A passkey has just been added" in Message.objects.get(kind="factors_changed").body
    assert AuditEntry.objects.get(action="factor.enrolled").details["kind"] == "passkey"


def test_it_opens_an_account_without_a_password_and_the_session_says_so(key: SoftAuthenticator, clock: Clock) -> None:
    stranger = Client(headers=ACME)
    stranger.get("/sign-in/")
    before = stranger.session.session_key
    client = alone(key, stranger)

    session = client.session
    assert (is_inside(client), session.session_key == before) == (True, False)
    assert (session["amr"], session["acr"]) == (["mfa", "pop"], "aal2")
    assert session["factor_at"] == int(clock.moment.timestamp())
    assert client.get("/admin/").status_code == 200
    started = AuditEntry.objects.filter(action="session.started").order_by("pk")
    assert [one.details["amr"] for one in started] == [["pwd"], ["pop", "mfa"]]
    assert Factor.objects.get(kind="passkey").last_used_at == clock.moment
    assert throttle.counted("passkey", "127.0.0.1") == 0  # who asks next from there need not wait


def test_an_odd_sign_in_by_it_is_on_record_told_and_refused_where_a_tenant_says_so(
    admin: User, key: SoftAuthenticator, clock: Clock
) -> None:
    for _ in range(risk.FAILURES):
        Client(headers=ACME).post("/sign-in/", {"email": admin.email, "password": "wrong"}, REMOTE_ADDR="198.51.100.9")
    odd = {"score": 70, "inputs": ["failures", "new_device", "administrator"], "outcome": "factor"}
    client = alone(key)

    assert (is_inside(client), client.session["risk"]) == (True, odd)
    assert AuditEntry.objects.filter(action="session.started", details__risk=odd).count() == 1
    assert Message.objects.filter(kind="new_device").count() == 1

    configuration.change("risk.ask_stronger_from", 70, now=clock.moment)
    assert is_inside(alone(key))
    assert Event.objects.filter(name="user.device_link_asked").count() == 1
    configuration.change("risk.refuse_from", 70, now=clock.moment)
    assert not is_inside(alone(key))
    assert AuditEntry.objects.filter(action="session.refused", details__risk__score=70).count() == 1
    assert Event.objects.filter(name="user.device_link_asked").count() == 2


def test_guesses_of_strangers_do_not_count_against_it_on_a_known_device(admin: User, key: SoftAuthenticator) -> None:
    client = alone(key)
    client.post("/sign-out/")
    for _ in range(risk.FAILURES):
        Client(headers=ACME).post("/sign-in/", {"email": admin.email, "password": "wrong"}, REMOTE_ADDR="198.51.100.9")
    for number in range(risk.ACCOUNTS + 1):
        Client(headers=ACME).post("/sign-in/", {"email": f"nobody{number}@acme.example", "password": "wrong"})

    assert alone(key, client).session["risk"]["inputs"] == ["administrator"]


def test_it_is_the_second_step_even_where_it_does_not_know_its_owner(admin: User, key: SoftAuthenticator) -> None:
    key.verifies = False
    client = half_signed_in(admin.email)
    page = client.get(STEP).content.decode()
    question = client.post(HALF).json()
    answer = client.post(STEP, {"passkey": key.show(question), "next": "/account/"})

    assert ("Use a passkey" in page, "authenticator app" in page) == (True, False)
    assert [bytes_of(one["id"]) for one in question["allowCredentials"]] == [key.id]
    assert (answer["Location"], is_inside(client)) == ("/account/", True)
    assert client.session["amr"] == ["mfa", "pop", "pwd"]


def test_it_shows_again_who_is_there_and_nothing_is_lost(
    admin: User, browser: Client, key: SoftAuthenticator, clock: Clock
) -> None:
    clock.moment += sessions.FRESH + timedelta(seconds=1)
    asked = browser.post(f"{FACTORS}app/new/", {"name": "phone"})
    sent = {"name": "phone", "confirm-method": "POST", "confirm-passkey": key.show(browser.post(CONFIRM).json())}
    done = browser.post(f"{FACTORS}app/new/", sent)

    assert (asked.status_code, "Use a passkey" in asked.content.decode()) == (403, True)
    assert (done.status_code, Factor.objects.get(confirmed=False).name) == (302, "phone")
    assert AuditEntry.objects.get(action="session.confirmed").details == {"amr": ["pop"]}
    assert browser.post(f"{FACTORS}app/new/", {**sent, "name": "again"}).status_code == 422


def test_it_counts_for_who_has_to_have_a_second_factor(admin: User, clock: Clock) -> None:
    configuration.change("factors.required", "everybody", now=clock.moment)
    client = Client(headers=ACME)
    client.post("/sign-in/", {"email": admin.email, "password": PASSWORD})
    before = client.get("/")["Location"]
    add(client, new_key())

    assert (before, client.get("/").status_code) == (FACTORS, 200)
    client.post(f"{FACTORS}{Factor.objects.get(kind='passkey').pk}/remove/")
    assert services.has_factor(admin)  # one has to stay


def test_it_gets_another_name_and_is_removed(admin: User, browser: Client, key: SoftAuthenticator) -> None:
    path = f"{FACTORS}{Factor.objects.get(kind='passkey').pk}/"
    browser.post(f"{path}rename/", {"name": "green key"})
    page = browser.get(FACTORS).content.decode()
    empty = browser.post(f"{path}rename/", {"name": ""}, follow=True).content.decode()
    browser.post(f"{path}remove/")

    assert ("green key" in page, "blue key" in page, "This field is required" in empty) == (True, False, True)
    assert not Factor.objects.exists()
    assert not is_inside(alone(key))
    assert AuditEntry.objects.filter(action="factor.renamed", actor=str(admin.pk)).count() == 1
    told = [one.body for one in Message.objects.filter(kind="factors_changed")]
    assert sum("A passkey has just been removed" in one for one in told) == 1


def test_an_administrator_who_removes_lost_ones_removes_passkeys(
    analyst: User, admin: User, browser: Client, clock: Clock
) -> None:
    theirs = Client(headers=ACME)
    theirs.post("/sign-in/", {"email": analyst.email, "password": PASSWORD})
    lost = new_key()
    add(theirs, lost)
    listed = browser.get(f"/api/v1/users/{analyst.pk}/factors/").json()["results"]
    gone = browser.delete(f"/api/v1/users/{analyst.pk}/factors/{Factor.objects.get(kind='passkey').pk}/")

    assert {one["kind"] for one in listed} == {"passkey", "backup-codes"}
    assert lost.id.hex() not in str(listed)
    assert (gone.status_code, Passkey.objects.count(), is_inside(alone(lost))) == (204, 0, False)


def test_the_operator_removes_passkeys_and_an_erased_account_has_none(
    admin: User, analyst: User, key: SoftAuthenticator, clock: Clock
) -> None:
    theirs = Client(headers=ACME)
    theirs.post("/sign-in/", {"email": analyst.email, "password": PASSWORD})
    add(theirs, new_key())
    assert services.reset_factors(admin, now=clock.moment) == 2
    accounts.erase_user(analyst, acting_user=None, now=clock.moment)
    assert Passkey.objects.select_related("key").get().public_key == ""  # its key is gone at once
    events.deliver_due(clock.moment)

    assert not Passkey.objects.exists()


# What gives nothing away.


def test_what_is_stored_is_no_id_no_key_and_no_handle(admin: User, key: SoftAuthenticator) -> None:
    row = Passkey.objects.select_related("key").get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT p::text FROM factors_passkey p")
        stored = cursor.fetchone()[0]

    assert (row.credential_id, row.handle) == (key.id.hex(), bytes_of(key.handle).hex())
    for secret in (row.credential_id, row.public_key, row.handle):
        assert secret not in stored
        assert secret.encode().hex() not in stored


def test_a_handle_is_random_and_the_same_for_all_of_one_person(
    admin: User, analyst: User, browser: Client, key: SoftAuthenticator
) -> None:
    second, others = new_key(), Client(headers=ACME)
    add(browser, second)
    others.post("/sign-in/", {"email": analyst.email, "password": PASSWORD})
    theirs = bytes_of(others.post(NEW).json()["user"]["id"])

    assert second.handle == key.handle
    assert len(theirs) == len(bytes_of(key.handle)) == 64
    assert theirs != bytes_of(key.handle)
    assert admin.pk.bytes not in bytes_of(key.handle)


def test_a_question_to_anybody_is_the_same_for_all_and_names_nobody(key: SoftAuthenticator, admin: User) -> None:
    def asked(**body: str) -> dict[str, Any]:
        question: dict[str, Any] = Client(headers=ACME).post(ANYBODY, body).json()
        return question

    known, unknown = asked(email=admin.email), asked(email="nobody@acme.example")
    assert known.pop("challenge") != unknown.pop("challenge")
    assert known == unknown
    assert (known["rpId"], known["userVerification"]) == ("acme.localhost", "required")
    assert not known.get("allowCredentials")


def test_who_asks_and_asks_has_to_wait(acme: Any) -> None:
    client = Client(headers=ACME)
    last = [client.post(ANYBODY) for _ in range(QUESTIONS.free + 2)][-1]

    assert (last.status_code, "Too many attempts" in last.json()["detail"]) == (429, True)
    assert int(last["Retry-After"]) > 0


def test_the_sign_in_page_has_its_button_for_everybody_and_hidden(acme: Any) -> None:
    page = Client(headers=ACME).get("/sign-in/").content.decode()

    assert "Sign in with a passkey" in page
    assert page.index('data-passkeys="able" hidden') < page.index("Sign in with a passkey")
    assert "passkeys.js" in page
    assert json.dumps("<script>") not in page
