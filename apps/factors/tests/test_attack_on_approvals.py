"""Who has stolen a password asks in the name of its owner: no yes that was meant for another session lets them in."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.core import events
from apps.core.memory import forget_all
from apps.factors import services
from apps.factors.models import Approval, Device, Factor
from apps.factors.tests.conftest import Clock
from apps.factors.tests.fake_push_service import FakePushService
from apps.factors.tests.phone import enrol
from apps.factors.tests.test_approvals import (
    ACME,
    ADD,
    FACTORS,
    FIRST,
    STEP,
    _answer,
    _asking,
    _begin,
    _half,
    _is_inside,
    _no,
    _number,
    added,
    browser,
    service,
)

__all__ = ["added", "browser", "service"]  # fixtures

pytestmark = pytest.mark.requirement("SEC-AUTH-001")


def test_a_yes_to_the_owner_opens_nothing_to_who_asked_before(
    added: Factor, admin: User, browser: Client, service: FakePushService, clock: Clock
) -> None:
    thief = _asking(admin.email, clock)
    _answer(service, str(int(_number(thief)) % 90 + 10))
    owner = _asking(admin.email, clock, like=browser)
    _answer(service, _number(owner))

    assert (thief.post(STEP).status_code, _is_inside(thief)) == (409, False)
    assert (owner.post(STEP).status_code, _is_inside(owner)) == (302, True)
    assert {*Approval.objects.filter(factor__confirmed=True).values_list("state", flat=True)} >= {"missed", "used"}
    assert not Approval.objects.filter(state="approved").exists()


@pytest.mark.parametrize("answer", [_no, lambda service: _answer(service, "11")])
def test_after_the_time_to_answer_nothing_is_answered(
    added: Factor, admin: User, service: FakePushService, clock: Clock, answer: Any
) -> None:
    client = _asking(admin.email, clock)
    token, number = service.shown[-1]["url"].rstrip("/").rpartition("/")[2], _number(client)
    clock.moment += timedelta(seconds=111)

    assert answer(service).status_code == 410
    with pytest.raises(services.ApprovalOver):
        services.approve(token, number=number, now=clock.moment)
    assert Approval.objects.get(state="pending")


def test_neither_a_device_that_was_only_begun_nor_that_of_somebody_else_is_asked(
    admin: User, browser: Client, service: FakePushService, clock: Clock, make_user: Any
) -> None:
    _begin(browser, service, clock)
    begun = Factor.objects.get(kind="push")
    enrol(admin, clock.moment)
    first = _half(admin.email)
    assert not first.get("/sign-in/factor/").context["has_device"]
    assert first.post(STEP, {"device": str(begun.pk)}).status_code == 409

    Factor.objects.filter(pk=begun.pk).update(confirmed=True)
    other = make_user("other@acme.example", "tenant_admin")
    enrol(other, clock.moment)
    thief = _half(other.email)
    kept = {"kind": "push", "confirmed": True, "created_at": clock.moment}
    own = Factor.objects.create(user=other, key=other.key, name="own", **kept)
    Device.objects.create(factor=own, key=other.key, provider="webpush", address=begun.device.address)
    assert thief.post(STEP, {"device": str(begun.pk)}).status_code == 409
    assert not Approval.objects.filter(user=other).exists()


def test_a_browser_is_added_once(added: Factor, browser: Client, service: FakePushService, clock: Clock) -> None:
    again = _begin(browser, service, clock)

    assert (again.status_code, "device" in again.context["form"].errors) == (422, True)
    assert Factor.objects.filter(kind="push").count() == 1


def test_an_address_nested_without_end_is_refused(browser: Client, service: FakePushService) -> None:
    browser.post(ADD, {"begin": "1"})

    assert browser.post(ADD, {"name": "x", "device": "[" * 15_000}).status_code == 422


def test_who_has_to_set_up_a_factor_adds_the_browser_before_them(
    admin: User, service: FakePushService, clock: Clock
) -> None:
    """The notification opens where they are signed in, and held."""
    configuration.change("factors.required", "everybody", now=clock.moment)
    forget_all()
    browser = Client(headers=ACME)
    browser.post("/sign-in/", {"email": admin.email, "password": PASSWORD})
    assert browser.get("/campaigns/")["Location"] == FACTORS
    assert browser.get("/sign-in/approve/worker.js").status_code == 200
    _begin(browser, service, clock)
    number = _number(browser, FIRST)

    assert browser.post(service.shown[-1]["url"], {"number": number}).status_code == 200
    assert browser.get("/sign-in/approve/a/b/")["Location"] == FACTORS  # no page at all
    assert browser.post(FIRST).status_code == 200
    assert browser.get("/campaigns/").status_code == 200


def test_what_is_answered_stays_so_whichever_way_the_second_answer_comes(
    added: Factor, admin: User, service: FakePushService, clock: Clock
) -> None:
    client = _asking(admin.email, clock)
    token, number = service.shown[-1]["url"].rstrip("/").rpartition("/")[2], _number(client)
    _answer(service, str(int(number) % 90 + 10))
    for again in (lambda: services.approve(token, number=number, now=clock.moment), lambda: _denied(token, clock)):
        with pytest.raises(services.ApprovalOver):
            again()
    assert Approval.objects.filter(state="missed").count() == 1

    client = _asking(admin.email, clock)
    _answer(service, _number(client))
    assert client.post(STEP).status_code == 302
    assert _no(service).status_code == 410
    given = AuditEntry.objects.filter(action="factor.approval_given", object_id=str(added.pk))
    assert given.count() == 2  # the first was its own

    late = _asking(admin.email, clock)
    clock.moment += timedelta(seconds=110)
    assert (_no(service).status_code, late.get(STEP).context["ended"]) == (410, "")


def _denied(token: str, clock: Clock) -> None:
    services.deny(token, now=clock.moment)


def test_a_yes_on_a_device_that_is_there_adds_no_other(
    added: Factor, browser: Client, service: FakePushService, clock: Clock
) -> None:
    browser.post(ADD, {"name": "other", "device": service.subscription(service.key, "other")})
    clock.moment += timedelta(minutes=11)
    service.subscription(service.key)
    browser.post(ADD, {"confirm-method": "GET", "confirm-device": "ask"})
    events.deliver_due(clock.moment)
    approved = _answer(service, str(Approval.objects.get(state="pending").number))
    session = browser.session
    session["factor_at"] = clock.moment.timestamp()  # they have shown it by a code meanwhile
    session.save()
    refused = browser.post(FIRST)

    assert (approved.status_code, Approval.objects.get(state="approved").factor_id) == (200, added.pk)
    assert (refused.status_code, "not been approved yet" in refused.content.decode()) == (409, True)
    assert not Factor.objects.get(confirmed=False).approvals.exclude(state="replaced").exists()


@pytest.mark.parametrize(("drawn", "shown"), [(min, "10"), (max, "99")])
def test_a_number_is_two_digits_and_starts_with_no_zero_that_nobody_types(
    added: Factor, admin: User, clock: Clock, service: FakePushService, monkeypatch: Any, drawn: Any, shown: str
) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda bound: drawn(range(bound)))

    assert _number(_asking(admin.email, clock)) == shown
