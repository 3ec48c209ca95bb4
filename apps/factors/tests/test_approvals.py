"""Approving a sign-in on a device by the number of the page that waits: once, in time, and for one session."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client
from django_tenants.utils import tenant_context

from apps.accounts import throttle
from apps.accounts.models import User
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.core import events
from apps.core.memory import forget_all
from apps.factors import services
from apps.factors.models import Approval, Device, Factor, PushKey
from apps.factors.tests.conftest import Clock
from apps.factors.tests.fake_push_service import FakePushService
from apps.factors.tests.phone import enrol
from apps.notifications.models import Message
from resimate_net.tests.other_side import NEAR, other_side

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

ACME, BETA = {"host": "acme.localhost"}, {"host": "beta.localhost"}
FACTORS, STEP = "/account/security/factors/", "/sign-in/factor/device/"
ADD, FIRST = f"{FACTORS}device/", f"{FACTORS}device/first/"
POLL = {"HX-Request": "true"}


@pytest.fixture
def service(settings: Any, acme: Any, clock: Clock) -> Iterator[FakePushService]:
    settings.OUTBOUND_ALLOW, settings.DEVELOPMENT = NEAR.allowed, True
    fake = FakePushService()
    with other_side(fake) as server:
        fake.listen(server)
        yield fake
    assert fake.wrong == []


@pytest.fixture
def browser(admin: User, clock: Clock) -> Client:
    """Signed in by password."""
    client = Client(headers=ACME)
    client.post("/sign-in/", {"email": admin.email, "password": PASSWORD})
    return client


@pytest.fixture
def added(browser: Client, service: FakePushService, clock: Clock) -> Factor:
    """A device that has approved its first question; signed in there still."""
    _begin(browser, service, clock)
    assert _answer(service, _number(browser, FIRST)).status_code == 200
    assert browser.post(FIRST).status_code == 200
    return Factor.objects.get(kind="push")


def _begin(browser: Client, service: FakePushService, clock: Clock, **more: str) -> Any:
    browser.post(ADD, {"begin": "1"})
    page = browser.get(ADD)
    answer = browser.post(ADD, {"name": "my phone", "device": service.subscription(page.context["key"]), **more})
    events.deliver_due(clock.moment)
    return answer


def _number(client: Client, page: str = STEP) -> str:
    return str(client.get(page).context["approval"].number)


def _answer(service: FakePushService, number: str, **more: Any) -> Any:
    """As the device does, which is signed in nowhere; of the last notification."""
    return Client(headers=more.get("headers", ACME)).post(service.shown[-1]["url"], {"number": number})


def _no(service: FakePushService) -> Any:
    return Client(headers=ACME).post(service.shown[-1]["url"], {"no": "1"})


def _half(email: str, like: Client | None = None) -> Client:
    """Somebody has shown the right password, on a device that is ``like`` one; else on a new one."""
    client = Client(headers=ACME)
    if like is not None:
        client.cookies[settings.DEVICE_COOKIE_NAME] = like.cookies[settings.DEVICE_COOKIE_NAME].value
    client.post("/sign-in/", {"email": email, "password": PASSWORD})
    return client


def _asking(email: str, clock: Clock, like: Client | None = None) -> Client:
    client = _half(email, like)
    assert client.post(STEP, {"device": "", "next": "/account/"}).status_code == 302
    events.deliver_due(clock.moment)
    return client


def _is_inside(client: Client) -> bool:
    return SESSION_KEY in client.session


def test_a_device_is_added_by_its_first_approval_and_its_owner_is_told(
    browser: Client, service: FakePushService, clock: Clock, admin: User
) -> None:
    begun = _begin(browser, service, clock)
    before = (browser.post(FIRST).status_code, services.has_factor(admin))
    shown = Client(headers=ACME).get(service.shown[-1]["url"]).content.decode()
    approved = _answer(service, _number(browser, FIRST))
    done = browser.post(FIRST)

    assert (begun["Location"], before) == (FIRST, (409, False))
    assert f"This device is being added to the account of {admin.email}" in shown
    assert (approved.status_code, done.content.decode().count("-") > 20) == (200, True)  # backup codes, once
    assert (browser.session["acr"], browser.session["amr"]) == ("aal2", ["mca", "mfa", "pwd"])
    page = browser.get(FACTORS).content.decode()
    assert ("my phone" in page, "10 codes are left" in page, services.has_factor(admin)) == (True, True, True)
    assert "A device has just been added" in Message.objects.get(kind="factors_changed").body
    assert AuditEntry.objects.get(action="factor.enrolled").details["kind"] == "push"


def test_a_sign_in_goes_on_once_the_number_was_entered_there(
    added: Factor, admin: User, service: FakePushService, clock: Clock
) -> None:
    client = _asking(admin.email, clock)
    page = client.get(STEP).content.decode()
    waits = client.post(STEP, headers=POLL)
    shown = Client(headers=ACME).get(service.shown[-1]["url"]).content.decode()
    early = client.post(STEP)
    _answer(service, _number(client))
    clock.moment += timedelta(seconds=5)
    polled = client.post(STEP, {"next": "/account/"}, headers=POLL)

    assert (waits.status_code, early.status_code, "not been approved yet" in early.content.decode()) == (204, 409, True)
    assert 'hx-trigger="every 3s"' in page
    assert f"Somebody says that they are {admin.email}" in shown
    assert (polled.status_code, polled["HX-Redirect"], _is_inside(client)) == (200, "/account/", True)
    assert (client.session["acr"], client.session["amr"]) == ("aal2", ["mca", "mfa", "pwd"])
    assert Factor.objects.get(kind="push").last_used_at == clock.moment
    again = _half(admin.email)
    assert (again.post(STEP).status_code, _is_inside(again)) == (409, False)


def test_the_page_makes_the_keys_of_the_tenant_once_somebody_starts(browser: Client, acme: Any) -> None:
    page = browser.get(ADD).content.decode()
    assert ("data-push=" in page, "once for all of you" in page) == (False, True)
    assert not PushKey.objects.exists()

    started = [browser.post(ADD, {"begin": "1"}).status_code for _ in range(2)]

    assert started == [302, 302]
    assert f'data-push="{PushKey.objects.get().public}"' in browser.get(ADD).content.decode()


def test_a_notification_says_nothing_of_anybody(
    added: Factor, admin: User, service: FakePushService, clock: Clock
) -> None:
    _asking(admin.email, clock)
    told = service.shown[-1]

    assert set(told) == {"title", "body", "url", "replaced", "key"}
    assert not any(word in json.dumps(told) for word in (admin.email, "my phone", str(admin.pk)))
    assert service.lengths == {2150}
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(d::text, '') FROM factors_device d")
        assert b"/push/abc".hex() not in cursor.fetchone()[0]
    key = PushKey.objects.get()
    assert "BEGIN PRIVATE KEY" in key.private
    trail = str([*AuditEntry.objects.values_list("details", flat=True)])
    assert told["url"].split("/")[-2] not in trail


def test_another_number_ends_it_and_so_does_a_no(
    added: Factor, admin: User, service: FakePushService, clock: Clock
) -> None:
    client = _asking(admin.email, clock)
    right = int(_number(client))
    missed = _answer(service, str(right % 90 + 10))
    late = _answer(service, str(right))
    page = client.get(STEP).content.decode()
    client.post(STEP, {"device": str(added.pk)})
    events.deliver_due(clock.moment)
    assert client.get(STEP).context["is_waiting"]
    denied = _no(service)

    assert (missed.status_code, late.status_code, denied.status_code) == (422, 410, 200)
    assert "Another number was entered there" in page
    assert "answered there that it was not you" in client.get(STEP).content.decode()
    assert (client.post(STEP).status_code, _is_inside(client)) == (409, False)
    assert Message.objects.filter(kind="approval_denied", recipient_id=admin.pk).count() == 1
    assert AuditEntry.objects.filter(action="factor.approval_denied", outcome="failure").count() == 1
    assert AuditEntry.objects.get(action="factor.refused").details["reason"] == "number"


def test_a_no_after_a_yes_still_counts_and_a_yes_after_a_no_does_not(
    added: Factor, admin: User, service: FakePushService, clock: Clock
) -> None:
    client = _asking(admin.email, clock)
    number = _number(client)
    yes, twice, no, again = _answer(service, number), _answer(service, number), _no(service), _answer(service, number)

    assert [one.status_code for one in (yes, twice, no, again)] == [200, 410, 200, 410]
    assert (client.post(STEP).status_code, _is_inside(client)) == (409, False)


def test_it_is_of_one_session_and_of_one_tenant(
    added: Factor, admin: User, service: FakePushService, clock: Clock, beta: Any
) -> None:
    client, other = _asking(admin.email, clock), _half(admin.email)
    number, stranger = _number(client), _half(admin.email)
    elsewhere = _answer(service, number, headers=BETA)
    made_up = Client(headers=ACME).post("/sign-in/approve/" + "a" * 60 + "/", {"number": number})
    _answer(service, number)

    assert (elsewhere.status_code, made_up.status_code) == (410, 410)
    assert [one.post(STEP).status_code for one in (other, stranger)] == [409, 409]
    assert client.post(STEP).status_code == 302
    with tenant_context(beta):
        assert not Device.objects.exists()


def test_it_ends_after_two_minutes(added: Factor, admin: User, service: FakePushService, clock: Clock) -> None:
    client = _asking(admin.email, clock)
    number = _number(client)
    clock.moment += timedelta(seconds=109)
    assert _answer(service, number).status_code == 200
    clock.moment += timedelta(seconds=11)
    late = client.post(STEP, headers=POLL)

    assert (late["HX-Refresh"], _is_inside(client)) == ("true", False)
    assert "not approved within two minutes" in client.get(STEP).content.decode()
    client.post(STEP, {"device": ""})
    events.deliver_due(clock.moment)
    clock.moment += timedelta(seconds=110)
    assert _answer(service, _number(client)).status_code == 410


def test_strangers_cause_one_question_at_a_time_ever_more_slowly_and_none_after_a_no(
    added: Factor, admin: User, browser: Client, service: FakePushService, clock: Clock
) -> None:
    first, second, owner = _asking(admin.email, clock), _half(admin.email), _half(admin.email, like=browser)
    assert second.post(STEP, {"device": ""}).status_code == 409
    again = [first.post(STEP, {"device": ""}).status_code for _ in range(4)]
    assert (owner.post(STEP, {"device": ""}).status_code, first.get(STEP).context["ended"]) == (302, "replaced")
    events.deliver_due(clock.moment)
    _no(service)

    assert again == [302, 302, 302, 429]
    throttle.forgive("approval", f"{admin.pk}:")
    assert first.post(STEP, {"device": ""}).status_code == 409
    assert owner.post(STEP, {"device": ""}).status_code == 302
    clock.moment += timedelta(hours=1)
    assert _half(admin.email).post(STEP, {"device": ""}).status_code == 302


def test_who_cannot_be_asked_uses_another_way(
    added: Factor, admin: User, browser: Client, service: FakePushService, clock: Clock
) -> None:
    odd = _half(admin.email)
    session = odd.session
    session["second_step"] |= {"risk": {"score": 80, "inputs": ["failures"], "outcome": "stronger"}}
    session.save()
    assert (odd.post(STEP, {"device": ""}).status_code, odd.get("/sign-in/factor/").context["has_device"]) == (
        409,
        False,
    )

    configuration.change("factors.push", "never", now=clock.moment)
    forget_all()
    off = _half(admin.email)
    assert off.post(STEP, {"device": ""}).status_code == 409
    assert services.has_factor(admin)  # a password alone opens nothing, all the same
    assert browser.post(ADD, {"name": "x", "device": service.subscription("x")}).status_code == 409
    assert Approval.objects.filter(state="pending").count() == 0


def test_a_yes_is_of_no_use_to_who_has_become_odd_meanwhile(
    added: Factor, admin: User, service: FakePushService, clock: Clock
) -> None:
    client = _asking(admin.email, clock)
    assert _answer(service, _number(client)).status_code == 200
    session = client.session
    session["second_step"] |= {"risk": {"score": 80, "inputs": ["failures"], "outcome": "stronger"}}
    session.save()

    assert (client.post(STEP, headers=POLL).status_code, _is_inside(client)) == (204, False)
    assert not client.get(STEP).context["devices"]


@pytest.mark.parametrize("has_another", [False, True])
def test_a_device_that_is_gone_is_forgotten_and_the_second_step_stays(
    added: Factor, admin: User, service: FakePushService, clock: Clock, has_another: bool
) -> None:
    if has_another:
        enrol(admin, clock.moment)
    service.status = 410
    client = _asking(admin.email, clock)

    assert "could not be reached" in client.get(STEP).content.decode()
    assert (Device.objects.exists(), Factor.objects.filter(kind="push").exists()) == (False, not has_another)
    assert services.has_factor(admin)
    told = Message.objects.filter(kind="factors_changed").order_by("pk").last()
    assert told is not None
    assert "can no longer be reached" in told.body
    assert AuditEntry.objects.filter(action="factor.unreachable").count() == 1
    assert client.post(STEP, {"device": ""}).status_code == 409


def test_a_service_that_is_down_ends_the_question_and_forgets_nothing(
    added: Factor, admin: User, service: FakePushService, clock: Clock
) -> None:
    service.status = 503
    client = _asking(admin.email, clock)

    assert "could not be reached" in client.get(STEP).content.decode()
    assert Device.objects.exists()


#: What browsers never send; %s stands for keys that are right.
LIES = (
    "{}",
    "null",
    '{"endpoint": 1, "keys": null}',
    '{"endpoint": "https://169.254.169.254/x", "keys": %s}',
    '{"endpoint": "http://127.0.0.1:1/x", "keys": %s}',
    '{"endpoint": "https://push.example/x", "keys": {"p256dh": "BAAA", "auth": "AAAAAAAAAAAAAAAAAAAAAA"}}',
    '{"endpoint": "https://push.example/x", "keys": {"p256dh": "é", "auth": "é"}}',
)


def test_what_is_no_address_outside_is_refused(browser: Client, service: FakePushService, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ()
    keys = json.dumps(json.loads(service.subscription(""))["keys"])
    refused = [browser.post(ADD, {"name": "x", "device": lie.replace("%s", keys)}) for lie in LIES]

    assert [(one.status_code, bool(one.context["form"].errors["device"])) for one in refused] == [(422, True)] * len(
        LIES
    )
    assert not Device.objects.exists()


def test_it_is_removed_as_others_and_its_questions_with_it(
    added: Factor, browser: Client, service: FakePushService
) -> None:
    url = service.shown[-1]["url"]
    browser.post(f"{FACTORS}{added.pk}/remove/")

    assert not Approval.objects.exists()
    assert not Factor.objects.exists()
    assert Client(headers=ACME).get(url).status_code == 410
    told = [one.body for one in Message.objects.filter(kind="factors_changed")]
    assert sum("has just been removed" in one for one in told) == 1
