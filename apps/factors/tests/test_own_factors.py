"""One's own second factors: set up by a code, shown without secrets, removed, and who has to have one."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django_tenants.utils import schema_context

from apps.accounts import services as accounts
from apps.accounts import sessions
from apps.accounts.models import Role, User
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.core import events
from apps.core.errors import Refused
from apps.factors import services
from apps.factors.models import BackupCode, Factor
from apps.factors.tests.conftest import Clock
from apps.factors.tests.phone import code_of, enrol
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

ACME = {"host": "acme.localhost"}
FACTORS = "/account/security/factors/"
APP = f"{FACTORS}app/"


@pytest.fixture
def browser(admin: User, clock: Clock) -> Client:
    """Signed in by password."""
    client = Client(headers=ACME)
    assert client.post("/sign-in/", {"email": admin.email, "password": PASSWORD}).status_code == 302
    return client


def _set_up(browser: Client, clock: Clock) -> Any:
    browser.post(f"{APP}new/", {"name": "My phone"})
    return browser.post(APP, {"code": code_of(Factor.objects.get(confirmed=False).seed, clock.moment)})


def test_an_app_is_set_up_by_its_first_code(admin: User, browser: Client, clock: Clock) -> None:
    elsewhere = Client(headers=ACME)
    elsewhere.post("/sign-in/", {"email": admin.email, "password": PASSWORD})
    begun = browser.post(f"{APP}new/", {"name": "My phone"})
    page = browser.get(APP).content.decode()
    seed = Factor.objects.get().seed
    wrong = browser.post(APP, {"code": "000000"})
    done = _set_up(browser, clock)

    assert (begun.status_code, begun["Location"]) == (302, APP)
    assert "<svg" in page
    assert " ".join(re.findall("....", seed)) in page
    assert "style=" not in page
    assert (wrong.status_code, seed in wrong.content.decode().replace(" ", "")) == (422, True)
    codes = re.findall(r"\b(?:[2-9a-z]{4}-){2}[2-9a-z]{4}\b", done.content.decode())
    assert (len(set(codes)), BackupCode.objects.count()) == (10, 10)
    assert browser.session["acr"] == "aal2"
    assert (browser.get(FACTORS).status_code, elsewhere.get(FACTORS).status_code) == (200, 302)
    assert Message.objects.filter(kind="factors_changed", recipient_id=admin.pk).count() == 1
    assert AuditEntry.objects.filter(action="factor.enrolled", actor=str(admin.pk)).count() == 1


def test_what_is_stored_is_no_seed_and_no_code(admin: User, clock: Clock) -> None:
    factor, codes = enrol(admin, clock.moment)
    with connection.cursor() as cursor:
        cursor.execute("SELECT f::text || c::text FROM factors_factor f, factors_backupcode c")
        stored = "".join(row[0] for row in cursor.fetchall())

    assert factor.seed not in stored
    assert factor.seed.encode().hex() not in stored
    assert not any(code.replace("-", "") in stored for code in codes)


def test_a_seed_that_was_begun_opens_nothing_and_is_replaced(admin: User, browser: Client, clock: Clock) -> None:
    first = services.begin_app(admin, name="", now=clock.moment)
    second = services.begin_app(admin, name="", now=clock.moment)

    assert [*Factor.objects.values_list("pk", flat=True)] == [second.pk]
    assert not services.has_factor(admin)
    assert browser.post(APP, {"code": code_of(first.seed, clock.moment)}).status_code == 422


def test_the_list_shows_no_secret(browser: Client, clock: Clock) -> None:
    done = _set_up(browser, clock)
    page = browser.get(FACTORS).content.decode()

    assert "My phone" in page
    assert "10 codes are left" in page
    assert Factor.objects.get(kind="totp").seed not in page
    assert done["Cache-Control"].count("no-store") == 1
    again = browser.post(APP, {"code": "000000"}, follow=True).content.decode()
    assert "The app works already. If you have not kept your backup codes, make new ones." in again


def test_new_codes_take_the_place_of_the_old_ones(admin: User, browser: Client, clock: Clock) -> None:
    _, old = enrol(admin, clock.moment)
    browser.force_login(User.objects.get(pk=admin.pk))
    session = browser.session
    session["factor_at"] = clock.moment.timestamp()
    session.save()
    page = browser.post(f"{FACTORS}codes/").content.decode()

    assert page.count("-") > 20
    assert not any(code in page for code in old)
    with pytest.raises(services.WrongCode):
        services.verify(admin, old[0], now=clock.moment)


def test_without_a_factor_there_are_no_backup_codes(browser: Client) -> None:
    browser.post(f"{FACTORS}codes/")

    assert not Factor.objects.exists()


def test_the_last_factor_takes_the_codes_with_it(admin: User, browser: Client, clock: Clock) -> None:
    _set_up(browser, clock)
    elsewhere = Client(headers=ACME)
    elsewhere.force_login(User.objects.get(pk=admin.pk))
    browser.post(f"{FACTORS}{Factor.objects.get(kind='totp').pk}/remove/")

    assert not Factor.objects.exists()
    assert (browser.get(FACTORS).status_code, elsewhere.get(FACTORS).status_code) == (200, 302)
    assert AuditEntry.objects.filter(action="factor.removed").count() == 2
    assert Message.objects.filter(kind="factors_changed", subject__contains="changed").count() == 3


def test_nobody_removes_those_of_others(analyst: User, browser: Client, clock: Clock) -> None:
    theirs, _ = enrol(analyst, clock.moment)

    assert browser.post(f"{FACTORS}{theirs.pk}/remove/").status_code == 404
    assert Factor.objects.filter(pk=theirs.pk).exists()


@pytest.mark.parametrize(
    ("asked", "who", "has_to"),
    [
        ("nobody", "admin", False),
        ("administrators", "admin", True),
        ("administrators", "ada", False),
        ("everybody", "ada", True),
    ],
)
def test_who_has_to_have_one_gets_it_before_anything_else(
    admin: User, analyst: User, clock: Clock, asked: str, who: str, has_to: bool
) -> None:
    configuration.change("factors.required", asked, now=clock.moment)
    client = Client(headers=ACME)
    client.post("/sign-in/", {"email": f"{who}@acme.example", "password": PASSWORD})

    page, api = client.get("/"), client.get("/api/v1/permissions/explain/?permission=models:read")
    if not has_to:
        assert (page.status_code, api.status_code) == (200, 200)
        return
    assert (page.status_code, page["Location"]) == (302, FACTORS)
    assert (api.status_code, api["Content-Type"], api.json()["code"]) == (
        403,
        "application/problem+json",
        "factor_is_missing",
    )
    assert "Your organisation asks" in client.get(FACTORS).content.decode()
    _set_up(client, clock)
    assert client.get("/").status_code == 200
    client.post(f"{FACTORS}{Factor.objects.get(kind='totp').pk}/remove/")
    assert Factor.objects.filter(kind="totp").count() == 1  # one has to stay


def test_a_tenant_only_tightens_whom_it_asks(acme: Any, clock: Clock) -> None:
    with schema_context("public"):
        configuration.change("factors.required", "administrators", now=clock.moment)

    with pytest.raises(Refused):
        configuration.change("factors.required", "nobody", now=clock.moment)
    configuration.change("factors.required", "everybody", now=clock.moment)
    assert configuration.get("factors.required") == "everybody"


def test_an_erased_account_has_none(admin: User, analyst: User, clock: Clock) -> None:
    factor, _ = enrol(analyst, clock.moment)
    accounts.erase_user(analyst, acting_user=None, now=clock.moment)

    assert Factor.objects.select_related("key").get(pk=factor.pk).seed == ""  # its key is gone at once
    events.deliver_due(clock.moment)
    assert not Factor.objects.filter(user=analyst).exists()


# Showing again who one is.


@pytest.fixture
def stale(browser: Client, clock: Clock) -> Client:
    """Signed in, and a while ago."""
    clock.moment += sessions.FRESH + timedelta(seconds=1)
    return browser


def test_what_is_dangerous_asks_again_and_loses_nothing(stale: Client, admin: User) -> None:
    before = stale.session.session_key
    asked = stale.post(f"{APP}new/", {"name": "My <phone>"})
    page = asked.content.decode()
    sent = {"name": "My <phone>", "confirm-method": "POST", "confirm-code": ""}
    wrong = stale.post(f"{APP}new/", {**sent, "confirm-present": "not it"})
    done = stale.post(f"{APP}new/", {**sent, "confirm-present": PASSWORD})

    assert (asked.status_code, wrong.status_code, done.status_code) == (403, 422, 302)
    assert 'name="name" value="My &lt;phone&gt;"' in page
    assert "not it" not in wrong.content.decode()
    assert Factor.objects.get().name == "My <phone>"
    assert stale.session.session_key != before
    assert stale.post(f"{APP}new/", {}).status_code == 302  # once is enough for a while
    refused = AuditEntry.objects.filter(action="session.refused", actor=str(admin.pk))
    assert refused.get().details == {"reason": "confirmation"}


def test_the_api_takes_no_password_alone_from_who_has_a_second_factor(
    browser: Client, admin: User, clock: Clock
) -> None:
    form = {"email": "bo@acme.example", "roles": [str(Role.objects.get(code="stakeholder").pk)]}
    before = browser.post("/api/v1/invitations/", form, "application/json")
    enrol(admin, clock.moment)
    browser.force_login(User.objects.get(pk=admin.pk))  # by the password, and nothing else

    after = browser.post("/api/v1/invitations/", form, "application/json")

    assert (before.status_code, after.status_code, after.json()["code"]) == (201, 403, "step_up_needed")


def test_a_page_that_was_asked_for_comes_after_it(stale: Client) -> None:
    assert stale.get(APP).status_code == 403
    answer = stale.post(APP, {"confirm-method": "GET", "confirm-present": PASSWORD})

    assert (answer.status_code, answer["Location"]) == (302, APP)


def test_a_code_confirms_as_well(stale: Client, admin: User, clock: Clock) -> None:
    factor, _ = enrol(admin, clock.moment)
    stale.force_login(User.objects.get(pk=admin.pk))
    clock.moment += sessions.FRESH + timedelta(seconds=1)
    sent = {"confirm-method": "POST", "confirm-code": code_of(factor.seed, clock.moment)}

    answers = [stale.post(f"{FACTORS}codes/", sent).status_code]
    clock.moment += sessions.FRESH + timedelta(seconds=1)
    answers.append(stale.post(f"{FACTORS}codes/", sent).status_code)

    assert answers == [200, 422]  # the second time it has been used
    nothing = stale.post(f"{FACTORS}codes/", {"confirm-method": "POST", "confirm-code": " "}).context["form"]
    assert (nothing["code"].label, [*nothing.errors]) == ("Code", ["code"])


def test_confirming_is_slowed_down_too(stale: Client) -> None:
    sent = {"confirm-method": "POST", "confirm-present": "wrong"}

    assert [stale.post(f"{APP}new/", sent).status_code for _ in range(7)] == [422] * 6 + [429]
