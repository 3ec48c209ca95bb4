"""Letters over a line that a real Toxiproxy spoils wait for the mail server, and leave when it is there again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F
from django_tenants.utils import schema_context

from apps.notifications import services
from apps.notifications.about import About
from apps.notifications.channels import email
from apps.notifications.kinds import KINDS
from apps.notifications.models import Message
from apps.notifications.services import Draft
from apps.outbound.models import Destination
from resimate_servers import ports
from resimate_servers.mailbox import Mailbox
from resimate_servers.tests import toxiproxy as peer

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("CAMP-002", "AR-002")]
DRAFT = Draft(KINDS["reminder"], About("campaigns.campaign", UUID(int=1)), UUID(int=2), "bo@example.org")
SPOILT = {
    "late": {"kind": "latency", "latency": 20_000},
    "reset": {"kind": "reset_peer", "timeout": 0},
    "cut": {"kind": "limit_data", "bytes": 10},
    "hanging": {"kind": "timeout", "stream": "upstream", "timeout": 0},
}


@pytest.fixture
def way(tmp_path: Path) -> Iterator[peer.Line]:
    """The way to a mail server that takes every letter."""
    mailbox = Mailbox(tmp_path / "mail", ports.choose("mail", {}))
    mailbox.start()
    try:
        with peer.toxiproxy(tmp_path) as proxies:
            yield proxies.line_to(mailbox.port)
    finally:
        mailbox.stop()


def send(occasion: str, now: datetime) -> Message:
    facts = {"name": "Bo", "organisation": "Acme", "campaign": "Check", "closes_at": now, "link": "http://x/"}
    message = services.enqueue(replace(DRAFT, occasion=occasion, facts=facts), now=now)
    services.deliver([str(message.pk)], now=now)
    message.refresh_from_db()
    return message


@pytest.mark.parametrize("how", list(SPOILT.values()), ids=list(SPOILT))
def test_letters_wait_without_asking_and_the_first_that_is_taken_opens_it(
    acme: Any, now: datetime, settings: Any, monkeypatch: pytest.MonkeyPatch, way: peer.Line, how: dict[str, Any]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", way.port, 0.5
    monkeypatch.setattr(email, "SERVER", replace(email.SERVER, failures=3, pause=3000, longest_pause=3000))

    with way.spoilt(**how):
        early = [send(f"early {number}", now) for number in range(3)]
        late = send("late", now)
    assert {one.state for one in early} == {Message.State.QUEUED}
    assert "is left alone for a while" in late.last_error
    with schema_context("public"):
        Destination.objects.update(shut_until=F("shut_until") - timedelta(hours=2))

    settings.EMAIL_TIMEOUT = 60
    assert [send(f"then {number}", now).state for number in range(2)] == [Message.State.SENT] * 2
