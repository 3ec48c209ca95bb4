"""Before something dangerous a device approves who is signed in, as it approves sign-ins: by the number of the page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.core import events
from apps.factors.models import Approval, Factor
from apps.factors.settings_keys import NEVER
from apps.factors.tests.conftest import Clock
from apps.factors.tests.fake_push_service import FakePushService
from apps.factors.tests.test_approvals import _answer, _no, added, browser, service

__all__ = ["added", "browser", "service"]  # fixtures

pytestmark = pytest.mark.requirement("SEC-AUTH-001")
PAGE = "/account/security/factors/device/"
SENT = {"name": "another", "confirm-method": "POST"}


@pytest.fixture
def late(browser: Client, added: Factor, clock: Clock) -> Client:
    """Signed in so long ago that it is asked again who is there."""
    clock.moment += timedelta(minutes=11)
    return browser


def _press(client: Client, what: str, clock: Clock) -> Any:
    answer = client.post(PAGE, {**SENT, "confirm-device": what})
    events.deliver_due(clock.moment)
    return answer


def _number() -> str:
    return str(Approval.objects.filter(state="pending").get().number)


def test_it_goes_on_once_the_number_was_entered_there(
    late: Client,
    service: FakePushService,
    clock: Clock,
    admin: User,
) -> None:
    shown = late.get(PAGE)
    asked = _press(late, "ask", clock)
    early = _press(late, "done", clock)
    number = _number()
    _answer(service, number)
    before = late.session.session_key
    done = _press(late, "done", clock)

    assert (shown.status_code, "Ask my phone" in shown.content.decode()) == (403, True)
    assert (asked.status_code, f">{number}<" in asked.content.decode()) == (403, True)
    assert 'name="name" value="another"' in asked.content.decode()
    assert (early.status_code, "not been approved yet" in early.content.decode()) == (422, True)
    assert (done.status_code, "confirm-method" in done.content.decode()) == (422, False)  # the page behind it
    assert late.session.session_key != before
    assert AuditEntry.objects.get(action="session.confirmed").details == {"amr": ["mca"]}
    assert late.get(PAGE).status_code == 200


@pytest.mark.parametrize("answer", ["no", "another number", "another session", "once more", "never asked"])
def test_nothing_else_goes_on(
    late: Client,
    service: FakePushService,
    clock: Clock,
    admin: User,
    answer: str,
) -> None:
    pressing = late
    if answer != "never asked":
        _press(late, "ask", clock)
    if answer == "no":
        _no(service)
    elif answer == "another number":
        _answer(service, str(10 + (int(_number()) - 9) % 90))
    elif answer == "another session":
        _answer(service, _number())
        pressing = Client(headers={"host": "acme.localhost"})
        pressing.force_login(User.objects.get(pk=admin.pk))  # as it is since the device was added
    elif answer == "once more":
        _answer(service, _number())
        _press(late, "done", clock)
        clock.moment += timedelta(minutes=11)

    refused = _press(pressing, "done", clock)

    assert (refused.status_code, "confirm-method" in refused.content.decode()) == (422, True)


def test_a_device_is_not_offered_where_the_tenant_lets_none_approve(late: Client, clock: Clock) -> None:
    configuration.change("factors.push", NEVER, now=clock.moment)

    assert "confirm-device" not in late.get(PAGE).content.decode()
    refused = _press(late, "ask", clock)
    assert (refused.status_code, Approval.objects.filter(state="pending").exists()) == (422, False)
