"""A channel is one file and its texts. What it is given goes the way of every message: outbox, retry, dead letter."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection

from apps.core import events
from apps.core.models import Event
from apps.keys import services as keys
from apps.keys.models import SubjectKey
from apps.notifications import kinds, metrics, services
from apps.notifications.about import About
from apps.notifications.channels import base
from apps.notifications.channels.base import CHANNELS, Outcome
from apps.notifications.kinds import KINDS, Addressee, Kind
from apps.notifications.models import Message
from apps.notifications.services import ATTEMPTS, Draft
from apps.notifications.tests.fake_channel import FakeChannel

pytestmark = pytest.mark.requirement("CAMP-002")
ABOUT = About("toy.toy", UUID(int=7))
TEXTS = {"hello.fake.txt": "Hi {{ name }}", "hello.subject.txt": "For {{ name }}", "hello.body.txt": "Hello {{ name }}"}
State = Message.State
Write = Callable[..., Message]


class Somebody(Addressee):
    ADDRESSES = {"email": "email", "fake": "phone"}

    def __init__(self, email: str = "", phone: str = "") -> None:
        self.email, self.phone = email, phone


@pytest.fixture
def fake() -> Iterator[FakeChannel]:
    yield base.declare(FakeChannel())
    del CHANNELS["fake"]


@pytest.fixture
def kind(fake: FakeChannel, tmp_path: Path, settings: Any) -> Iterator[Kind]:
    """A message for which there are texts on both channels, the fake one preferred."""
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    yield kinds.declare("hello", texts="hello", purpose="greeting", channels=("fake", "email"))
    del KINDS["hello"]


@pytest.fixture
def write(acme: Any, kind: Kind, now: datetime) -> Write:
    def write(person: Somebody, **more: Any) -> Message:
        channel = kind.channel_for(person)
        address, facts = person.address_for(channel), {"name": "Bo"}
        draft = Draft(kind, ABOUT, uuid4(), address=address, facts=facts, channel=channel, **more)
        return services.enqueue(draft, now=now)

    return write


PHONE, NONE, MAIL = Somebody("bo@x.example", "+49 170 1"), Somebody(phone="none"), Somebody("bo@X.example")


def deliver(*messages: Message, now: datetime) -> None:
    services.deliver([str(message.pk) for message in messages], now=now)
    for message in messages:
        message.refresh_from_db()


def counted(channel: str, outcome: str) -> float:
    return float(metrics.MESSAGES.labels(channel, outcome)._value.get())


def test_a_channel_has_its_own_text_and_writes_addresses_its_own_way(
    write: Write, fake: FakeChannel, now: datetime
) -> None:
    before, message = counted("fake", "sent"), write(PHONE)

    deliver(message, now=now)

    assert fake.sent == [("+491701", "Hi Bo\n")]
    assert (message.channel, message.subject, message.state, message.sent_at) == ("fake", "", State.SENT, now)
    assert counted("fake", "sent") == before + 1


def test_whoever_is_not_reached_on_the_preferred_channel_is_written_to_on_the_next(
    write: Write, fake: FakeChannel, now: datetime
) -> None:
    message = write(MAIL)

    deliver(message, now=now)

    [letter] = mail.outbox
    assert (letter.subject, letter.body, letter.to) == ("For Bo", "Hello Bo\n", ["bo@x.example"])
    assert (message.channel, message.state, fake.sent) == ("email", State.SENT, [])


def test_an_address_that_is_none_on_the_channel_fails_at_once_and_holds_nobody_up(
    write: Write, fake: FakeChannel, now: datetime
) -> None:
    bad, nowhere, good = write(NONE), write(Somebody()), write(PHONE)

    deliver(bad, nowhere, good, now=now)

    assert [one.state for one in (bad, nowhere, good)] == [State.FAILED, State.FAILED, State.SENT]
    assert (bad.last_error, bad.attempts, len(fake.sent)) == ("no address of this channel", 1, 1)


@pytest.mark.parametrize("breaking", ["fake", "email"])
def test_a_channel_that_breaks_holds_up_no_other_and_is_tried_again(
    write: Write, now: datetime, breaking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(messages: Any) -> Iterator[Outcome]:
        yield Outcome(next(iter(messages)))
        raise RuntimeError("+491701 is gone")

    by_channel = {"fake": [write(PHONE), write(PHONE)], "email": [write(MAIL), write(MAIL)]}
    monkeypatch.setattr(CHANNELS[breaking], "deliver", broken)

    deliver(*by_channel["fake"], *by_channel["email"], now=now)

    broke = by_channel.pop(breaking)
    [others] = by_channel.values()
    assert [one.state for one in broke] == [State.SENT, State.QUEUED]
    assert (broke[1].last_error, broke[1].attempts) == ("RuntimeError", 1)
    assert [one.state for one in others] == [State.SENT, State.SENT]


def test_the_outbox_brings_the_message_back_until_the_channel_takes_it(
    write: Write, fake: FakeChannel, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    fake.answer = lambda message: Outcome(message, "away")
    message = write(PHONE)

    events.deliver_due(moment)
    message.refresh_from_db()
    assert (message.state, message.attempts, message.last_error) == (State.QUEUED, 1, "away")
    fake.answer = Outcome
    moment = message.due_at + timedelta(seconds=1)
    events.deliver_due(moment)

    message.refresh_from_db()
    assert (message.state, message.attempts, message.last_error) == (State.SENT, 2, "")


def test_after_the_last_attempt_it_is_a_dead_letter_and_the_house_learns_of_it(
    write: Write, fake: FakeChannel, now: datetime
) -> None:
    fake.answer = lambda message: Outcome(message, "away")
    message, moment = write(PHONE), now
    retried, failed = counted("fake", "retried"), counted("fake", "failed")

    for _ in range(ATTEMPTS - 1):
        deliver(message, now=moment)
        assert message.state == State.QUEUED
        moment = message.due_at
    deliver(message, now=moment)

    assert (message.state, message.attempts) == (State.FAILED, ATTEMPTS)
    assert (counted("fake", "retried"), counted("fake", "failed")) == (retried + ATTEMPTS - 1, failed + 1)
    assert Event.objects.get(name="message.failed").payload == {"message_id": str(message.pk), "kind": "hello"}


def test_what_is_refused_for_good_is_not_tried_again(write: Write, fake: FakeChannel, now: datetime) -> None:
    fake.answer = lambda message: Outcome(message, "unknown number", is_final=True)
    message = write(PHONE)

    deliver(message, now=now)

    assert (message.state, message.attempts, message.last_error) == (State.FAILED, 1, "unknown number")


def test_the_other_side_may_ask_for_a_longer_pause_and_not_for_a_shorter_one(
    write: Write, fake: FakeChannel, now: datetime
) -> None:
    long, short = write(PHONE), write(PHONE)
    asked = {long.pk: timedelta(hours=3), short.pk: timedelta(seconds=1)}
    fake.answer = lambda message: Outcome(message, "too many", pause=asked[message.pk])

    deliver(long, short, now=now)

    assert long.due_at == now + timedelta(hours=3)
    assert short.due_at == now + services.pause_after(1, short.pk)


def test_what_is_cancelled_while_the_channel_has_it_stays_cancelled_and_says_when_it_left(
    write: Write, fake: FakeChannel, now: datetime
) -> None:
    def cancelling(message: Message) -> Outcome:
        services.cancel(ABOUT, message.recipient_id, now=now)
        return Outcome(message)

    message, fake.answer = write(PHONE), cancelling

    deliver(message, now=now)

    assert (message.state, message.sent_at) == (State.CANCELLED, now)


def test_what_is_cancelled_before_the_channel_takes_it_does_not_leave_and_is_not_counted(
    write: Write, fake: FakeChannel, now: datetime
) -> None:
    first, second = write(PHONE), write(PHONE)
    retried = counted("fake", "retried")

    def cancelling(message: Message) -> Outcome:
        services.cancel(ABOUT, second.recipient_id, now=now)
        return Outcome(message)

    fake.answer = cancelling
    deliver(first, second, now=now)

    assert (second.state, second.sent_at, second.attempts) == (State.CANCELLED, None, 0)
    assert (len(fake.sent), counted("fake", "retried")) == (1, retried)


def test_a_channel_that_does_not_say_what_became_of_a_message_is_asked_again(
    write: Write, fake: FakeChannel, now: datetime
) -> None:
    fake.answer = lambda message: None
    message = write(PHONE)

    deliver(message, now=now)

    assert (message.state, message.attempts) == (State.QUEUED, 1)
    assert message.last_error == "the channel did not say what became of it"


def test_a_message_on_a_channel_that_only_another_version_knows_waits_for_it(
    write: Write, fake: FakeChannel, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, other = write(PHONE), write(MAIL)
    monkeypatch.setitem(services._renewals, "hello", lambda messages, now: dict.fromkeys([message.pk, other.pk], NEW))
    monkeypatch.delitem(CHANNELS, "fake")

    deliver(message, other, now=now)

    assert (message.state, message.last_error) == (State.QUEUED, "there is no such channel")
    assert other.state == State.SENT
    monkeypatch.undo()
    deliver(message, now=message.due_at)
    assert message.state == State.SENT


NEW = Draft(Kind("hello", "hello", "greeting", ("email",)), ABOUT, UUID(int=1), "bo@new.example", facts={"name": "Al"})


def test_on_two_channels_it_is_two_messages_and_on_one_it_is_one(kind: Kind, acme: Any, now: datetime) -> None:
    drafts = [
        Draft(kind, ABOUT, UUID(int=1), "+1", occasion, {"name": "Bo"}, channel=channel)
        for channel in ("fake", "email")
        for occasion in ("1", "1", "2")
    ]

    assert [services.enqueue(draft, now=now).occasion for draft in drafts] == ["1", "1", "2", "1", "1", "2"]

    assert Message.objects.count() == 4


def test_a_name_is_one_channels_and_one_kinds(fake: FakeChannel, kind: Kind) -> None:
    with pytest.raises(ValueError, match="two channels are called fake"):
        base.declare(FakeChannel())
    with pytest.raises(ValueError, match="the kind hello"):
        kinds.declare("hello", texts="other", purpose="greeting")


@pytest.mark.parametrize("address", ["bo@x.example", " bo@X.Example "])
def test_an_address_of_an_e_mail_is_written_one_way(address: str) -> None:
    assert CHANNELS["email"].normal(address) == "bo@x.example"


@pytest.mark.parametrize(
    "address", ["", "bo", "@", "bo@", "bo@x.example\nBcc: a@x.example", "a@b.example, c@d.example"]
)
def test_what_is_no_address_of_an_e_mail_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no e-mail address"):
        CHANNELS["email"].normal(address)


@pytest.mark.parametrize("channels", [(), ("email", "pigeon")])
def test_a_kind_on_a_channel_that_no_app_declares_stops_the_start(
    channels: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "KINDS", dict(KINDS))
    monkeypatch.setattr(base, "KINDS", kinds.KINDS)
    kinds.declare("lost", texts="lost", purpose="none", channels=channels)

    with pytest.raises(ValueError, match="no app declares a channel of lost"):
        apps.get_app_config("notifications").ready()


@pytest.mark.requirement("COMP-001")
def test_what_is_to_somebody_who_is_erased_before_the_channel_takes_it_does_not_leave(
    write: Write, fake: FakeChannel, now: datetime
) -> None:
    first, second, third = (write(PHONE, under=SubjectKey.objects.create()) for _ in range(3))
    keys.destroy_subject_keys([third.key.pk])

    def erasing(message: Message) -> Outcome:
        keys.destroy_subject_keys([second.key.pk])
        return Outcome(message)

    fake.answer = erasing
    deliver(first, second, third, now=now)

    assert (len(fake.sent), second.sent_at) == (1, None)
    assert (third.state, third.sent_at) == (State.CANCELLED, None)
    deliver(second, now=now + timedelta(hours=1))
    assert (len(fake.sent), second.state) == (1, State.CANCELLED)


@pytest.mark.requirement("COMP-001")
def test_what_somebody_was_written_is_erased_with_them_and_nobody_elses(
    write: Write, fake: FakeChannel, now: datetime
) -> None:
    key = SubjectKey.objects.create()
    theirs, keyless, other = write(PHONE, under=key), write(PHONE), write(PHONE)
    deliver(theirs, now=now)
    Message.objects.update(last_error="no such number")

    services.erase(key.pk, [keyless.recipient_id or uuid4()], now=now)

    found = {one.pk: one for one in Message.objects.select_related("key")}
    assert {one.pk for one in found.values() if one.key_id == key.pk} == {theirs.pk, keyless.pk}
    assert (found[theirs.pk].state, found[keyless.pk].state) == (State.SENT, State.CANCELLED)
    assert (found[other.pk].state, found[other.pk].body != "") == (State.QUEUED, True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT octet_length(body), octet_length(address), last_error FROM notifications_message")
        assert sorted(cursor.fetchall())[:2] == [(0, 0, "")] * 2
