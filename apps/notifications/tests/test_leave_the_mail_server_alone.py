"""A mail server that stays away is asked once in a while, by one batch, whoever's letters wait for it."""

import smtplib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.db.models import F, QuerySet
from django_tenants.utils import schema_context, tenant_context

from apps.core.parts import PARTS, look
from apps.notifications import readiness, services
from apps.notifications.about import About
from apps.notifications.channels import email
from apps.notifications.kinds import KINDS
from apps.notifications.models import Message
from apps.notifications.services import Draft
from apps.outbound.models import Destination
from resimate_servers import ports
from resimate_servers.mailbox import Mailbox

pytestmark = pytest.mark.requirement("CAMP-002", "AR-002")
DRAFT = Draft(KINDS["reminder"], About("campaigns.campaign", UUID(int=1)), UUID(int=2), "bo@example.org")


@pytest.fixture
def asked(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a server is connected to; there is none on this port."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", ports.choose("mail", {}), 2
    monkeypatch.setattr(email, "SERVER", replace(email.SERVER, pause=3000, longest_pause=3000))
    times: list[int] = []
    real = smtplib.SMTP.connect

    def connect(*arguments: Any, **named: Any) -> Any:
        times.append(1)
        return real(*arguments, **named)

    monkeypatch.setattr(smtplib.SMTP, "connect", connect)
    return times


@pytest.fixture
def mailbox(settings: Any, asked: list[int], tmp_path: Path) -> Iterator[Mailbox]:
    mailbox = Mailbox(tmp_path, settings.EMAIL_PORT)
    mailbox.start()
    yield mailbox
    mailbox.stop()


def server() -> QuerySet[Destination]:
    """What is known of the mail server."""
    return Destination.objects.filter(tenant="public", name=f"smtp://127.0.0.1:{django_settings.EMAIL_PORT}")


def send(occasion: str, now: datetime) -> Message:
    facts = {"name": "Bo", "organisation": "Acme", "campaign": "Check", "closes_at": now, "link": "http://x/"}
    message = services.enqueue(replace(DRAFT, occasion=occasion, facts=facts), now=now)
    services.deliver([str(message.pk)], now=now)
    message.refresh_from_db()
    return message


def test_after_five_times_in_vain_letters_wait_without_asking(
    acme: Any, beta: Any, now: datetime, asked: list[int]
) -> None:
    for number in range(5):
        send(f"early {number}", now)
    late = send("late", now)
    with tenant_context(beta):
        theirs = send("theirs", now)

    assert len(asked) == 5
    for message in (late, theirs):
        assert (message.state, message.attempts) == (Message.State.QUEUED, 1)
        assert "is left alone for a while: ConnectionRefusedError" in message.last_error
        assert message.due_at > now + timedelta(minutes=40)


def test_the_first_letter_that_is_taken_opens_it_for_all(
    acme: Any, now: datetime, asked: list[int], request: pytest.FixtureRequest
) -> None:
    for number in range(5):
        send(f"early {number}", now)
    request.getfixturevalue("mailbox")
    with schema_context("public"):
        server().update(shut_until=F("shut_until") - timedelta(hours=1))

    assert [send(f"late {number}", now).state for number in range(2)] == [Message.State.SENT] * 2
    with schema_context("public"):
        assert server().get().failures == 0


@pytest.mark.parametrize(("answer", "is_ill"), [((450, b"greylisted"), False), ((421, b"closing"), True)])
def test_who_refuses_a_letter_is_there_unless_it_is_about_to_go(
    acme: Any, now: datetime, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, answer: Any, is_ill: bool
) -> None:
    monkeypatch.setattr(smtplib.SMTP, "mail", lambda *_: answer)

    for number in range(5):
        send(str(number), now)

    with schema_context("public"):
        assert server().filter(shut_until__isnull=False).exists() is is_ill


def test_a_batch_that_takes_too_long_is_put_off_before_its_lease_ends(
    acme: Any, now: datetime, mailbox: Mailbox, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_TIMEOUT = 15
    with_the_last = timedelta(seconds=email.BATCH_SECONDS + 7 * settings.EMAIL_TIMEOUT)
    assert with_the_last < services.LEASE
    monkeypatch.setattr(email, "BATCH_SECONDS", -1.0)

    message = send("slow", now)

    assert (message.state, message.last_error) == (Message.State.QUEUED, "the server is too slow")


def test_whoever_asks_how_the_server_is_does_not_wait_as_long_as_a_letter(
    acme: Any, asked: list[int], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_TIMEOUT = 15
    waits: list[float] = []

    def connect(server: smtplib.SMTP, *_: Any, **__: Any) -> tuple[int, bytes]:
        waits.append(server.timeout)
        return 220, b"here"

    monkeypatch.setattr(smtplib.SMTP, "connect", connect)

    look([PARTS["mail"]])

    assert waits == [readiness.SECONDS]
