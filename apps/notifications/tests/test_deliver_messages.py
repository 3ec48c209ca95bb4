"""Messages leave over SMTP, are tried again when they cannot, and never twice."""

import smtplib
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.utils import translation
from django_tenants.utils import schema_context

from apps.configuration import services as configuration
from apps.core import events
from apps.core.models import Event, EventDelivery
from apps.notifications import rendering, services, settings_keys
from apps.notifications.about import About
from apps.notifications.kinds import KINDS
from apps.notifications.models import Message
from apps.notifications.services import Draft
from apps.tenants.provisioning import OWNER, owner_in
from resimate_servers import mailbox, ports
from resimate_servers.mailbox import StoredMail

pytestmark = pytest.mark.requirement("CAMP-002")

ABOUT, BO = About("campaigns.campaign", UUID(int=1)), UUID(int=2)
FACTS: dict[str, Any] = {"name": "Bo & Söhne", "organisation": "Acme", "campaign": "Check", "subject": "Harbour"}


class Postman:
    """A mail server on a port of its own, which can be away."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, ports.choose("mail", {})
        self.server: mailbox.Mailbox | None = None

    def start(self) -> None:
        self.server = mailbox.Mailbox(self.folder, self.port)
        self.server.start()

    def stop(self) -> None:
        if self.server:
            self.server.stop()
        self.server = None

    @property
    def mails(self) -> list[StoredMail]:
        return list(mailbox.messages(self.folder))[::-1]


@pytest.fixture
def postman(tmp_path: Path, settings: Any) -> Iterator[Postman]:
    postman = Postman(tmp_path)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", postman.port, 2
    yield postman
    postman.stop()


def enqueue(key: str, now: datetime, address: str = "bo@example.org", **more: Any) -> Message:
    facts = {**FACTS, "closes_at": now, "link": "http://acme.localhost/a/x/"}
    draft = Draft(KINDS["reminder"], ABOUT, BO, address, key, facts)
    return services.enqueue(replace(draft, **more), now=now)


def test_a_message_arrives_as_it_was_written(acme: Any, now: datetime, postman: Postman) -> None:
    postman.start()
    message = enqueue("a", now)

    services.deliver([str(message.pk)], now=now)

    [mail] = postman.mails
    assert mail.recipients == ("bo@example.org",)
    assert mail.message["Subject"] == "Reminder: Check"
    assert "Hello Bo & Söhne," in mail.message.get_content()
    assert mail.message["Message-ID"] == f"<{message.pk}@localhost>"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["X-Resimate-Tenant"] == "acme"
    message.refresh_from_db()
    assert (message.state, message.attempts, message.sent_at) == (Message.State.SENT, 1, now)


def test_the_tenant_says_who_sends_and_who_gets_replies(acme: Any, now: datetime, postman: Postman) -> None:
    postman.start()
    configuration.change("campaign.sender", "Città, Bcc: eve@example.org", now=now)
    configuration.change("campaign.reply_to", "office@example.org", now=now)

    services.deliver([str(enqueue("a", now).pk)], now=now)

    [mail] = postman.mails
    assert mail.message["From"].addresses[0].display_name == "Città, Bcc: eve@example.org"
    assert mail.message["Reply-To"] == "office@example.org"
    assert mail.recipients == ("bo@example.org",)


def test_one_occasion_is_one_message(acme: Any, now: datetime) -> None:
    first, second = enqueue("a", now), enqueue("a", now, address="cy@example.org")

    assert first == second
    assert Message.objects.get().address == "bo@example.org"
    assert Event.objects.filter(name="message.enqueued").count() == 1


def test_address_and_text_are_encrypted_at_rest(acme: Any, now: datetime) -> None:
    enqueue("a", now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT address, body FROM notifications_message")
        [(address, body)] = cursor.fetchall()

    assert b"bo@example.org" not in bytes(address)
    assert b"http://" not in bytes(body)


def test_a_message_is_rendered_in_its_language_and_leaves_ours_alone(
    acme: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "render_to_string", lambda *_: translation.get_language())

    message = enqueue("a", now, language="de")

    assert (message.subject, message.body) == ("de", "de\n")
    assert translation.get_language() == "en"


def test_a_server_that_is_away_is_tried_again_later_and_later(acme: Any, now: datetime, postman: Postman) -> None:
    message = enqueue("a", now)
    waits = []
    for _ in range(services.ATTEMPTS - 1):
        services.deliver([str(message.pk)], now=now)
        message.refresh_from_db()
        waits.append((message.due_at - now).total_seconds())
        now = message.due_at

    assert message.state == Message.State.QUEUED
    assert "refused" in message.last_error.lower()
    assert waits == sorted(waits)
    assert 24 <= waits[0] <= 36
    assert waits[-1] <= 1.2 * services.LONGEST_PAUSE.total_seconds()

    services.deliver([str(message.pk)], now=now)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (Message.State.FAILED, services.ATTEMPTS)
    assert Event.objects.filter(name="message.failed").count() == 1


def test_the_outbox_brings_the_message_back_when_the_server_is_there_again(
    acme: Any, now: datetime, postman: Postman, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    message = enqueue("a", now)
    events.deliver_due(moment)
    assert Message.objects.get().state == Message.State.QUEUED

    postman.start()
    events.deliver_due(moment)
    assert postman.mails == []
    moment = Message.objects.get().due_at + timedelta(seconds=1)
    events.deliver_due(moment)

    assert [mail.message["Message-ID"] for mail in postman.mails] == [f"<{message.pk}@localhost>"]


def test_one_connection_serves_a_batch(
    acme: Any, now: datetime, postman: Postman, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman.start()
    opened = []
    real = smtplib.SMTP.connect

    def connect(*arguments: Any, **named: Any) -> Any:
        opened.append(1)
        return real(*arguments, **named)

    monkeypatch.setattr(smtplib.SMTP, "connect", connect)
    messages = [enqueue(f"m{number}", now) for number in range(5)]

    services.deliver([str(one.pk) for one in messages], now=now)

    assert len(postman.mails) == 5
    assert len(opened) == 1


def test_an_address_that_is_refused_for_good_fails_at_once_and_holds_nobody_up(
    acme: Any, now: datetime, postman: Postman, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman.start()
    real = smtplib.SMTP.rcpt
    monkeypatch.setattr(
        smtplib.SMTP,
        "rcpt",
        lambda self, address, *options: (550, b"no such user") if "gone" in address else real(self, address, *options),
    )
    gone, here = enqueue("gone", now, address="gone@example.org"), enqueue("here", now)

    services.deliver([str(gone.pk), str(here.pk)], now=now)

    assert Message.objects.get(pk=gone.pk).state == Message.State.FAILED
    assert "gone@example.org" not in Message.objects.get(pk=gone.pk).last_error
    assert Message.objects.get(pk=here.pk).state == Message.State.SENT


def test_an_address_that_no_letter_can_carry_fails_at_once_and_holds_nobody_up(
    acme: Any, now: datetime, postman: Postman
) -> None:
    postman.start()
    bad, good = enqueue("bad", now, "bo@example.org\nBcc: all@example.org"), enqueue("good", now)

    services.deliver([str(bad.pk), str(good.pk)], now=now)

    states = dict(Message.objects.values_list("occasion", "state"))
    assert states == {"bad": Message.State.FAILED, "good": Message.State.SENT}
    assert [mail.recipients for mail in postman.mails] == [("bo@example.org",)]


@pytest.mark.parametrize("wanted", ["desk@acme.example\n", "a@b, c@d", "desk"])
def test_replies_go_to_one_address_in_one_line(wanted: str) -> None:
    assert settings_keys.REPLY_TO.problem_with(wanted) is not None
    assert (
        settings_keys.REPLY_TO.problem_with(wanted.strip().partition(",")[0].partition("@")[0] + "@b.example") is None
    )


def test_an_address_that_is_refused_for_now_is_tried_again(
    acme: Any, now: datetime, postman: Postman, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman.start()
    monkeypatch.setattr(smtplib.SMTP, "rcpt", lambda *_: (450, b"greylisted"))

    message = enqueue("a", now)
    services.deliver([str(message.pk)], now=now)

    assert Message.objects.get().state == Message.State.QUEUED


def test_a_message_in_the_hands_of_a_dead_worker_is_free_after_its_lease(
    acme: Any, now: datetime, postman: Postman
) -> None:
    postman.start()
    message = enqueue("a", now)
    assert services._claim([str(message.pk)], now)

    services.deliver([str(message.pk)], now=now)
    assert postman.mails == []
    again = EventDelivery.objects.filter(event__name="message.enqueued").latest("due_at")
    assert again.due_at == now + services.LEASE

    services.deliver([str(message.pk)], now=again.due_at + timedelta(seconds=1))
    assert len(postman.mails) == 1


def test_a_cancelled_message_is_not_sent(acme: Any, now: datetime, postman: Postman) -> None:
    postman.start()
    message = enqueue("a", now)
    other = enqueue("a", now, about=About(ABOUT.type, uuid4()))

    assert services.cancel(ABOUT, now=now) == 1
    services.deliver([str(message.pk), str(other.pk)], now=now)

    assert Message.objects.get(pk=message.pk).state == Message.State.CANCELLED
    assert len(postman.mails) == 1


def test_the_network_is_never_used_inside_a_transaction(
    acme: Any, now: datetime, postman: Postman, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman.start()
    outside = len(connection.savepoint_ids)  # the test's own transaction
    depths = []
    real = smtplib.SMTP.sendmail

    def sendmail(*arguments: Any, **named: Any) -> Any:
        depths.append(len(connection.savepoint_ids))
        return real(*arguments, **named)

    monkeypatch.setattr(smtplib.SMTP, "sendmail", sendmail)

    services.deliver([str(enqueue("a", now).pk)], now=now)

    assert depths == [outside]


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Work without a transaction around the test, in acme; its messages and events go afterwards."""
    with django_db_blocker.unblock():
        with schema_context("acme"):
            yield
            Message.objects.all().delete()
        with owner_in("public"):
            Event.objects.using(OWNER).filter(name="message.enqueued").delete()


def test_two_workers_send_each_message_once(committed: None, now: datetime, postman: Postman) -> None:
    postman.start()
    with transaction.atomic():
        ids = [str(enqueue(f"m{number}", now).pk) for number in range(30)]

    def work() -> None:
        with schema_context("acme"):
            services.deliver(ids, now=now)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    sent = [mail.message["Message-ID"] for mail in postman.mails]
    assert len(sent) == len(set(sent)) == 30
    assert Message.objects.filter(state=Message.State.SENT).count() == 30


def test_taken_back_is_what_is_about_that_to_them_for_that_purpose(acme: Any, now: datetime) -> None:
    other_type, other_id = About("elicitation.weightelicitation", ABOUT.id), About(ABOUT.type, uuid4())
    spared = [
        enqueue("a", now, about=other_type),
        enqueue("a", now, about=other_id),
        enqueue("a", now, recipient=uuid4()),
        enqueue("a", now, kind=replace(KINDS["reminder"], name="invitation", purpose="invitation")),
    ]
    taken = enqueue("a", now)

    assert services.cancel(ABOUT, BO, purpose="reminder", now=now) == 1

    assert Message.objects.get(pk=taken.pk).state == Message.State.CANCELLED
    queued = Message.objects.filter(state=Message.State.QUEUED)
    assert {one.pk for one in queued} == {one.pk for one in spared}


def test_looked_up_is_what_is_about_that(acme: Any, now: datetime) -> None:
    enqueue("b", now, about=About("elicitation.weightelicitation", ABOUT.id))
    enqueue("a", now, kind=replace(KINDS["reminder"], name="invitation", purpose="invitation"))
    first, latest = enqueue("a", now), enqueue("b", now)

    assert services.latest_messages(ABOUT, [BO, uuid4()]) == {BO: latest}
    assert [one.pk for one in services.messages_to(ABOUT, BO).filter(purpose="reminder")] == [latest.pk, first.pk]
    assert services.have_got(ABOUT, "reminder", "a") == {BO}
    assert services.have_got(ABOUT, "invitation", "b") == set()
