"""A code by text message stands in for a second factor: for who has one, in the session that asked, and in bounds."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django_tenants.utils import tenant_context

from apps.accounts import throttle
from apps.accounts.models import User
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.core.errors import Refused
from apps.core.memory import forget_all
from apps.factors import services
from apps.factors.models import Factor, TextCode
from apps.factors.services import texting
from apps.factors.tests.conftest import Clock
from apps.factors.tests.phone import code_of, enrol
from apps.notifications import services as notifications
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

ACME = {"host": "acme.localhost"}
FACTORS, STEP = "/account/security/factors/", "/sign-in/factor/text/"
PHONE = f"{FACTORS}phone/"
NUMBER = "+49 151 23456789"


@pytest.fixture(autouse=True)
def _development(settings: Any, tmp_path: Path) -> None:
    settings.MAILBOX_DIR, settings.DEVELOPMENT = tmp_path, True


@pytest.fixture
def app(admin: User, clock: Clock) -> Factor:
    return enrol(admin, clock.moment)[0]


@pytest.fixture
def browser(admin: User, app: Factor, clock: Clock) -> Client:
    """Signed in by password and app."""
    client = Client(headers=ACME)
    client.post("/sign-in/", {"email": admin.email, "password": PASSWORD})
    client.post("/sign-in/factor/", {"code": code_of(app.seed, clock.moment)})
    return client


@pytest.fixture
def added(browser: Client, admin: User) -> Factor:
    """A number that its owner has shown to be theirs, long enough ago that another text may be sent."""
    browser.post(PHONE, {"number": NUMBER})
    assert browser.post(f"{PHONE}code/", {"code": _sent()}).status_code == 302
    _forget_waits(admin)
    return Factor.objects.get(kind="sms")


def _forget_waits(user: User) -> None:
    throttle.forgive("text", str(user.pk))
    throttle.forgive("text-number", throttle.digest_of("+4915123456789"))


def _sent() -> str:
    """The code of the last text."""
    body = Message.objects.filter(kind="text_code").order_by("pk").last().body  # type: ignore[union-attr]  # it is there
    return re.findall(r"\b\d{6}\b", body)[0]


def _half(email: str, like: Client | None = None) -> Client:
    """Somebody has shown the right password, on a device that is ``like`` one; else on a new one."""
    client = Client(headers=ACME)
    if like is not None:
        client.cookies[settings.DEVICE_COOKIE_NAME] = like.cookies[settings.DEVICE_COOKIE_NAME].value
    client.post("/sign-in/", {"email": email, "password": PASSWORD})
    return client


def test_a_number_is_added_by_the_code_that_was_sent_to_it(browser: Client, admin: User) -> None:
    shown = browser.get(PHONE).content.decode()
    asked = browser.post(PHONE, {"number": NUMBER})
    page = browser.get(f"{PHONE}code/").content.decode()
    assert not Factor.objects.in_use().filter(kind="sms").exists()
    done = browser.post(f"{PHONE}code/", {"code": f" {_sent()[:3]} {_sent()[3:]}"})

    text = Message.objects.get(kind="text_code")
    assert (asked["Location"], done["Location"]) == (f"{PHONE}code/", FACTORS)
    assert "NIST SP 800-63B calls it restricted" in shown
    assert "+49 … 89" in page
    assert (text.channel, text.address) == ("sms", "+4915123456789")
    assert text.body.endswith(f"\n@acme.localhost #{re.findall(r'[0-9]{6}', text.body)[0]}\n")
    told = Message.objects.filter(kind="factors_changed").order_by("pk").last()
    assert told is not None
    assert "A mobile number has just been added" in told.body
    assert not TextCode.objects.exists()


def test_the_number_is_shown_whole_to_nobody(browser: Client, added: Factor, admin: User) -> None:
    pages = [browser.get(path).content.decode() for path in (FACTORS, "/admin/factors/factor/")]
    api = browser.get(f"/api/v1/users/{admin.pk}/factors/").content.decode()
    trail = str([*AuditEntry.objects.values_list("details", flat=True)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(p::text, '') FROM factors_phone p")
        stored = cursor.fetchone()[0]

    assert "+49 … 89" in pages[0]
    assert '"kind":"sms"' in api
    assert not any("15123456789" in one.replace(" ", "") for one in (*pages, api, trail, stored))
    assert b"15123456789".hex() not in stored
    assert AuditEntry.objects.filter(action="factor.text_sent").count() == 1


def test_a_code_opens_once_and_where_it_was_asked_for_alone(added: Factor, admin: User) -> None:
    asking, other = _half(admin.email), _half(admin.email)
    assert "has_text" in asking.get("/sign-in/factor/").context
    sent = asking.post(STEP, {"next": "/account/"})
    code = _sent()
    elsewhere = other.post(STEP, {"code": code})
    inside = asking.post(STEP, {"code": code, "next": "/account/"})

    assert (sent.status_code, elsewhere.status_code) == (302, 422)
    assert (inside["Location"], asking.get("/account/").status_code) == ("/account/", 200)
    assert (asking.session["amr"], asking.session["acr"]) == (["mfa", "pwd", "sms"], "aal2")
    assert "factor_at" not in asking.session
    assert Message.objects.filter(kind="text_code_used", recipient_id=admin.pk).count() == 1
    again = _half(admin.email)
    assert again.post(STEP, {"code": code}).status_code == 422


def test_after_five_wrong_ones_the_right_one_is_wrong(added: Factor, admin: User) -> None:
    client = _half(admin.email)
    client.post(STEP)
    right = _sent()
    wrong = f"{(int(right) + 1) % 10**6:06d}"

    assert [client.post(STEP, {"code": wrong}).status_code for _ in range(5)] == [422] * 5
    assert not TextCode.objects.exists()
    throttle.forgive("factor", str(admin.pk))
    assert client.post(STEP, {"code": right}).status_code == 422


def test_a_code_ends_after_ten_minutes_and_one_that_waits_so_long_is_not_sent(
    added: Factor, admin: User, clock: Clock
) -> None:
    client = _half(admin.email)
    client.post(STEP)
    text = Message.objects.filter(kind="text_code").order_by("pk").last()
    assert text is not None
    clock.moment += timedelta(minutes=10)
    late = _half(admin.email)
    session = late.session
    session[texting.NOTE] = client.session[texting.NOTE]
    session.save()

    assert late.post(STEP, {"code": _sent()}).status_code == 422
    notifications.deliver([str(text.pk)], now=clock.moment)
    text.refresh_from_db()
    assert text.state == "cancelled"


def test_the_waits_between_texts_grow_for_an_account(added: Factor, admin: User, clock: Clock) -> None:
    client = _half(admin.email)
    waits = []
    for _ in range(3):
        assert client.post(STEP).status_code == 302
        refused = client.post(STEP)
        waits.append((refused.status_code, int(refused["Retry-After"])))
        clock.moment += timedelta(seconds=waits[-1][1])

    assert waits == [(429, 31), (429, 61), (429, 121)]


def test_and_for_a_number_whoever_has_texts_sent_to_it(
    browser: Client, analyst: User, stranger: User, beta: Any, clock: Clock
) -> None:
    browser.post(PHONE, {"number": NUMBER})
    enrol(analyst, clock.moment)
    other = Client(headers=ACME)
    other.force_login(User.objects.get(pk=analyst.pk))
    session = other.session
    session["factor_at"] = clock.moment.timestamp()
    session.save()
    refused = other.post(PHONE, {"number": "+4915123456789"})

    assert (refused.status_code, refused["Retry-After"]) == (429, "31")
    with tenant_context(beta):
        texting._bound(stranger, "", clock.moment, stranger="+4915123456789")  # another tenant counts for itself


def test_who_says_the_number_of_somebody_else_does_not_keep_their_texts_from_them(
    added: Factor, admin: User, analyst: User, clock: Clock
) -> None:
    texting._bound(analyst, "", clock.moment, stranger="+4915123456789")
    throttle.forgive("text", str(analyst.pk))

    assert _half(admin.email).post(STEP).status_code == 302
    with pytest.raises(Refused):
        texting._bound(analyst, "", clock.moment, stranger="+4915123456789")


def test_an_account_has_so_many_in_a_day(added: Factor, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texting, "A_DAY", 2)
    client = _half(admin.email)
    assert client.post(STEP).status_code == 302
    _forget_waits(admin)
    refused = client.post(STEP)

    assert (refused.status_code, "No more codes are sent" in refused.content.decode()) == (409, True)


def test_who_knows_the_password_alone_uses_up_nothing_that_known_devices_have(
    added: Factor, admin: User, browser: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.moment += timedelta(minutes=1)
    monkeypatch.setattr(texting, "A_DAY", 3)
    monkeypatch.setattr(texting, "KEPT", 1)
    thief, owner = _half(admin.email), _half(admin.email, like=browser)
    assert (thief.post(STEP).status_code, thief.post(STEP).status_code) == (302, 429)
    throttle.forgive("text", str(admin.pk))
    assert (thief.post(STEP).status_code, thief.post(STEP).status_code) == (302, 409)

    sent = owner.post(STEP)
    inside = owner.post(STEP, {"code": _sent(), "next": "/account/"})
    last = _half(admin.email, like=browser).post(STEP)

    assert (sent.status_code, inside["Location"], last.status_code) == (302, "/account/", 409)
    assert "Use another way" in last.content.decode()


@pytest.mark.parametrize("said", [{"SMS_A_DAY": "0"}, {"SMS_PROVIDER": "none"}, {"FACTORS_SMS": "never"}])
def test_where_none_may_be_sent_none_is_sent(added: Factor, admin: User, said: dict[str, str]) -> None:
    with override_settings(CONFIGURATION=said):
        forget_all()
        assert _half(admin.email).post(STEP).status_code == 409
    forget_all()
    assert Message.objects.filter(kind="text_code").count() == 1


@pytest.mark.parametrize("number", ["12345", "+49 30 12345678", "+49 900 1234567", "+1 876 555 1234", "+"])
def test_numbers_are_refused_that_cost_or_that_nobody_named(browser: Client, number: str) -> None:
    refused = browser.post(PHONE, {"number": number})

    assert refused.status_code == 422
    assert refused.context["form"].errors["number"]
    assert f'value="{number}"' in refused.content.decode()
    assert not Message.objects.filter(kind="text_code").exists()


def test_it_stands_beside_a_factor_and_goes_with_the_last(added: Factor, app: Factor, browser: Client) -> None:
    services.remove_own(Factor.objects.get(pk=app.pk), now=app.created_at)

    assert not Factor.objects.exists()


def test_alone_it_is_none(admin: User, clock: Clock) -> None:
    client = Client(headers=ACME)
    client.post("/sign-in/", {"email": admin.email, "password": PASSWORD})
    refused = client.post(PHONE, {"number": NUMBER})

    assert (refused.status_code, "Set up a passkey" in refused.content.decode()) == (409, True)
    assert not Factor.objects.exists()


def test_an_odd_sign_in_takes_none(added: Factor, admin: User) -> None:
    client = _half(admin.email)
    session = client.session
    session["second_step"] |= {"risk": {"score": 80, "inputs": ["failures"], "outcome": "stronger"}}
    session.save()

    assert client.post(STEP).status_code == 422
    assert Message.objects.filter(kind="text_code").count() == 1


def test_an_account_has_one_number(added: Factor, browser: Client) -> None:
    refused = browser.post(PHONE, {"number": "+49 151 23456780"})

    assert (refused.status_code, "You have a number" in refused.content.decode()) == (422, True)
    assert Factor.objects.filter(kind="sms").count() == 1


def test_where_none_are_sent_no_number_is_added(browser: Client, admin: User) -> None:
    with override_settings(CONFIGURATION={"FACTORS_SMS": "never"}):
        forget_all()
        refused = browser.post(PHONE, {"number": NUMBER})
    forget_all()

    assert refused.status_code == 409
    assert not Message.objects.filter(kind="text_code").exists()
