"""Text messages leave by the provider that a tenant has chosen: to its countries, and not more than its budget."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.core.memory import forget_all
from apps.notifications import texting
from apps.notifications.channels.base import Outcome
from apps.notifications.channels.sms import SMS
from apps.notifications.models import Message
from apps.notifications.tests.fake_twilio import ACCOUNT, TOKEN, FakeTwilio
from resimate_net.tests.other_side import NEAR, other_side
from resimate_servers import mailbox

pytestmark = pytest.mark.requirement("CAMP-002")

NUMBER = "+4915123456789"


def _message(number: str = NUMBER, body: str = "Hello ü", **more: Any) -> Message:
    now = timezone.now()
    return Message(channel="sms", kind="plain", address=number, body=body, due_at=now, created_at=now, **more)


def _told(*messages: Message) -> list[tuple[str, bool]]:
    return [(one.error, one.is_final) for one in SMS.deliver(messages)]


@pytest.fixture
def configured(acme: Any, settings: Any) -> None:
    said = {"SMS_PROVIDER": "twilio", "SMS_TWILIO_ACCOUNT": ACCOUNT, "SMS_TWILIO_TOKEN": TOKEN}
    settings.CONFIGURATION = {**said, "SMS_SENDER": "+15005550006", "SMS_COUNTRIES": '["DE", "US"]'}
    forget_all()


@pytest.fixture
def twilio(configured: None, settings: Any) -> Iterator[FakeTwilio]:
    fake = FakeTwilio()
    settings.OUTBOUND_ALLOW, settings.DEVELOPMENT = NEAR.allowed, True
    with other_side(fake) as server:
        settings.CONFIGURATION = {**settings.CONFIGURATION, "SMS_TWILIO_URL": f"http://127.0.0.1:{server.port}"}
        forget_all()
        yield fake


def test_twilio_takes_a_text(twilio: FakeTwilio) -> None:
    assert _told(_message()) == [("", False)]
    assert twilio.forms == [{"To": NUMBER, "From": "+15005550006", "Body": "Hello ü"}]


@pytest.mark.parametrize(("number", "code"), [("+15005550001", 21211), ("+15005550009", 21614)])
def test_a_number_that_twilio_refuses_is_refused_for_good_and_not_repeated(
    twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch, number: str, code: int
) -> None:
    monkeypatch.setattr(texting, "goes_to", lambda _number: True)  # those for tests are nobody's

    assert _told(_message(number)) == [(f"Twilio answered 400, error {code}", True)]


@pytest.mark.parametrize("status", [429, 503])
def test_while_twilio_has_no_time_texts_wait(twilio: FakeTwilio, status: int) -> None:
    twilio.status = status

    assert _told(_message()) == [(f"Twilio answered {status}, error 20429", False)]


def test_a_wrong_token_costs_no_text_and_is_told_to_nobody(twilio: FakeTwilio, settings: Any) -> None:
    settings.CONFIGURATION = {**settings.CONFIGURATION, "SMS_TWILIO_TOKEN": "wrong"}
    forget_all()
    (outcome,) = SMS.deliver([_message()])

    assert (outcome.error, outcome.is_final, outcome.pause) == (
        "Twilio answered 401, error 20003",
        False,
        timedelta(minutes=5),
    )


def test_one_who_stays_away_is_left_alone(configured: None, settings: Any) -> None:
    settings.OUTBOUND_ALLOW, settings.DEVELOPMENT = NEAR.allowed, True
    settings.CONFIGURATION = {**settings.CONFIGURATION, "SMS_TWILIO_URL": "http://127.0.0.1:1"}
    forget_all()
    outcomes: list[Outcome] = list(SMS.deliver([_message() for _ in range(7)]))

    assert not any(one.is_sent or one.is_final for one in outcomes)
    assert outcomes[0].pause == timedelta(0) < outcomes[-1].pause


@pytest.mark.parametrize("number", ["+493012345678", "+499001234567", "+18765551234", "+8816123456789"])
def test_nothing_goes_to_landlines_premium_numbers_and_countries_that_nobody_named(
    twilio: FakeTwilio, number: str
) -> None:
    assert _told(_message(number)) == [("no text messages go to such numbers", True)]
    assert twilio.forms == []


def test_the_budget_of_a_day_is_a_tenants_own(twilio: FakeTwilio, beta: Any, acme: Any, now: datetime) -> None:
    with tenant_context(beta):
        Message.objects.bulk_create(_message(state="sent", sent_at=now, about_id=uuid4()) for _ in range(200))
        assert texting.left_today(now) == 0
    with tenant_context(acme):
        assert texting.left_today(now) == 200
        Message.objects.bulk_create(
            _message(state="sent", sent_at=timezone.now(), about_id=uuid4()) for _ in range(199)
        )
        told = _told(_message(), _message())

    assert [error for error, _ in told] == ["", "the text messages of this day are used up"]
    assert len(twilio.forms) == 1


def test_in_development_texts_lie_in_the_mailbox_of_their_tenant(acme: Any, settings: Any, tmp_path: Path) -> None:
    settings.MAILBOX_DIR, settings.DEVELOPMENT = tmp_path, True

    assert _told(_message()) == [("", False)]
    (stored,) = mailbox.messages(tmp_path)
    assert (stored.recipients, stored.message["X-Resimate-Tenant"]) == ((NUMBER,), "acme")
    assert stored.message.get_content().strip() == "Hello ü"


def test_outside_of_development_the_mailbox_takes_none(acme: Any, settings: Any, tmp_path: Path) -> None:
    settings.MAILBOX_DIR, settings.DEVELOPMENT = tmp_path, False

    assert _told(_message()) == [("nobody carries text messages here", False)]
    assert not texting.is_offered()
