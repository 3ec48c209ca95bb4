"""Messages: written with what caused them, handed over later, retried until they are taken or given up."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from apps import audit
from apps.core import events, presence
from apps.keys.models import SubjectKey
from apps.notifications import metrics
from apps.notifications.about import About
from apps.notifications.channels.base import CHANNELS, Channel, Outcome
from apps.notifications.kinds import KINDS, Kind
from apps.notifications.models import Message
from apps.notifications.rendering import Rendered, render

logger = logging.getLogger(__name__)

ATTEMPTS = 8
#: Shorter than the lease of an event, so a batch that died is free again when its event comes back.
LEASE = timedelta(minutes=4)
BATCH = 20
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be, ``about`` something, to the ``recipient``'s part in it.

    On one ``occasion`` nobody gets two of a kind on a channel: of drafts alike in all that, one becomes a message.
    ``under``: the key of the person whom it is to.
    """

    kind: Kind
    about: About
    recipient: UUID
    address: str
    occasion: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    language: str = "en"
    channel: str = "email"
    under: SubjectKey | None = None
    time_zone: str = ""

    @property
    def key(self) -> tuple[Any, ...]:
        """What it is told apart by, as the column names of ``KEY``."""
        return (*self.about, self.recipient, self.kind.name, self.occasion, self.channel)

    def render(self) -> Rendered:
        return render(self.kind, CHANNELS[self.channel].texts, self.facts, self.language, self.time_zone)


KEY = ("about_type", "about_id", "recipient_id", "kind", "occasion", "channel")

#: Of messages that are about to leave: what each says now. One that is left out is not wanted any more.
Renewal = Callable[[Sequence[Message], datetime], Mapping[UUID, Draft]]
_renewals: dict[str, Renewal] = {}


def renewed(*kinds: Kind) -> Callable[[Renewal], Renewal]:
    """Ask the function about messages of these kinds before each attempt: only who wrote them knows."""

    def register(function: Renewal) -> Renewal:
        for kind in kinds:
            if _renewals.setdefault(kind.name, function) is not function:
                raise ValueError("two functions renew messages of one kind", kind.name)
        return function

    return register


def enqueue(draft: Draft, *, now: datetime, due_at: datetime | None = None) -> Message:
    """Write one message in the current transaction; it leaves after the commit, or at ``due_at``.

    A second call with a draft of the same ``key`` changes nothing and returns the first message.
    """
    enqueue_all([draft], now=now, due_at=due_at)
    return Message.objects.get(**dict(zip(KEY, draft.key, strict=True)))


def enqueue_all(drafts: Sequence[Draft], *, now: datetime, due_at: datetime | None = None) -> int:
    """Write many at once; returns how many are new."""
    known = _known(drafts)
    new = [_message(draft, now, due_at or now) for draft in drafts if draft.key not in known]
    if new:
        Message.objects.bulk_create(new, ignore_conflicts=True)
        _publish([message.pk for message in new], now=now, due_at=due_at)
    return len(new)


def _known(drafts: Sequence[Draft]) -> set[tuple[Any, ...]]:
    """The keys of messages to those to whom the drafts are, about the same."""
    known: set[tuple[Any, ...]] = set()
    for about in {draft.about for draft in drafts}:
        recipients = {draft.recipient for draft in drafts if draft.about == about}
        known.update(Message.objects.about(about).to(recipients).values_list(*KEY))
    return known


def _message(draft: Draft, now: datetime, due_at: datetime) -> Message:
    rendered = draft.render()
    return Message(
        **dict(zip(KEY, draft.key, strict=True)),
        purpose=draft.kind.purpose,
        key=draft.under,
        address=draft.address,
        subject=rendered.subject,
        body=rendered.body,
        language=draft.language,
        due_at=due_at,
        created_at=now,
    )


def _publish(ids: Iterable[UUID], *, now: datetime, due_at: datetime | None = None) -> None:
    events.publish("message.enqueued", {"message_ids": [str(one) for one in ids]}, now=now, due_at=due_at)


@transaction.atomic
def cancel(
    about: About, recipient: UUID | None = None, *, now: datetime, purpose: str = "", is_named: bool = True
) -> int:
    """Take back what still waits about something: of one recipient or of all, for one purpose or for every one.

    What is under way may arrive. ``is_named``: the trail says whose they were.
    """
    queued = Message.objects.about(about).filter(state=Message.State.QUEUED)
    queued = queued.to([recipient]) if recipient else queued
    queued = queued.filter(purpose=purpose) if purpose else queued
    count = queued.update(state=Message.State.CANCELLED, leased_until=None)
    if count:
        whose = {"about_type": about.type, "about_id": str(about.id)} | (
            {"recipient": str(recipient)} if recipient else {}
        )
        audit.record("message.cancelled", now=now, details={**(whose if is_named else {}), "count": count})
    return count


def erase(key: UUID, recipients: Iterable[UUID], *, now: datetime) -> None:
    """Forget what somebody was written whose key is destroyed; what waits is given up. What is under way may arrive.

    ``recipients``: their parts in what messages are about, for those that a process wrote which knew no such keys.
    """
    theirs = Message.objects.filter(Q(key=key) | Q(recipient_id__in=list(recipients)))
    waiting = theirs.filter(state=Message.State.QUEUED)
    count = waiting.update(state=Message.State.CANCELLED, leased_until=None)
    theirs.update(key=key, address=b"", body=b"", last_error="")
    if count:
        audit.record("message.cancelled", now=now, details={"count": count})


def messages_to(about: About, recipient: UUID) -> QuerySet[Message]:
    """What somebody was written about something, the latest first; texts and addresses stay inside."""
    return Message.objects.about(about).to([recipient]).defer("body", "address").order_by("-pk")


def latest_messages(about: About, recipients: Iterable[UUID]) -> dict[UUID | None, Message]:
    """The last message about something to each of those, by the recipient's id."""
    rows = Message.objects.about(about).to(recipients).order_by("pk")
    shown = rows.only("recipient_id", "state", "kind", "purpose", "sent_at", "last_error")
    return {message.recipient_id: message for message in shown}


def have_got(about: About, purpose: str, occasion: str) -> set[UUID | None]:
    """Who was written about something for a purpose on an occasion: the recipients' ids."""
    rows = Message.objects.about(about).filter(purpose=purpose, occasion=occasion)
    return set(rows.values_list("recipient_id", flat=True))


def deliver(ids: Sequence[str], *, now: datetime) -> None:
    """Send those of the messages that are due, then arrange for the rest. Safe to repeat, and to run twice at once."""
    while batch := _claim(ids, now):
        for name, messages in groupby(sorted(batch, key=attrgetter("channel")), key=attrgetter("channel")):
            for outcome in _outcomes(CHANNELS.get(name), list(messages)):
                _settle(outcome, now)
    _follow_up(ids, now)


@transaction.atomic
def _claim(ids: Sequence[str], now: datetime) -> list[Message]:
    due = Message.objects.filter(pk__in=ids).due_at(now).select_related("key").order_by("pk")
    batch = presence.still_free(list(due.select_for_update(skip_locked=True, of=("self",))[:BATCH]), now)
    lease = {"leased_until": now + LEASE, "leased_by": presence.HERE.number}
    for message in batch:
        message.leased_until = lease["leased_until"]
    Message.objects.filter(pk__in=[one.pk for one in batch]).update(**lease)
    return _renew(batch, now)


def _renew(batch: Sequence[Message], now: datetime) -> list[Message]:
    """Bring messages up to date, and give up those that nobody wants any more, or that are to who was erased."""
    drafts: dict[UUID, Draft] = {}
    for renewal in {_renewals[message.kind] for message in batch if message.kind in _renewals}:
        drafts |= renewal([message for message in batch if _renewals.get(message.kind) is renewal], now)
    over = {one.pk for one in batch if (one.kind in _renewals and one.pk not in drafts) or _is_over(one, now)}
    unwanted = [one for one in batch if one.pk in over or one.is_erased]
    if unwanted:
        Message.objects.filter(pk__in=[message.pk for message in unwanted]).update(
            state=Message.State.CANCELLED, leased_until=None
        )
        audit.record("message.cancelled", now=now, details={"count": len(unwanted)})
    wanted = [message for message in batch if message not in unwanted]
    for message in wanted:
        if message.pk in drafts and message.channel in CHANNELS:
            _bring_up_to_date(message, drafts[message.pk])
    return wanted


def _is_over(message: Message, now: datetime) -> bool:
    """Whether it comes too late, as a code does that opens nothing any more."""
    kind = KINDS.get(message.kind)
    return kind is not None and kind.left_of(message.created_at, now) == timedelta(0)


RENEWED = ("address", "language", "subject", "body")


def _bring_up_to_date(message: Message, draft: Draft) -> None:
    before = [getattr(message, field) for field in RENEWED]
    message.address, message.language = draft.address, draft.language
    rendered = draft.render()
    message.subject, message.body = rendered.subject, rendered.body
    if before != [getattr(message, field) for field in RENEWED]:
        message.save(update_fields=RENEWED)


def _outcomes(channel: Channel | None, messages: Sequence[Message]) -> Iterator[Outcome]:
    """What becomes of messages of one channel. Another version of the code may know one that this does not."""
    if channel is None:
        yield from (Outcome(one, "there is no such channel") for one in messages)
        return
    addressed = {one.pk: one for one in messages if _is_addressed(one, channel)}
    yield from (
        Outcome(one, "no address of this channel", is_final=True) for one in messages if one.pk not in addressed
    )
    yield from _handed_over(channel, addressed)


def _is_addressed(message: Message, channel: Channel) -> bool:
    """Whether there is an address of this channel; it is written as the channel writes it."""
    try:
        message.address = channel.normal(message.address)
    except ValueError:
        return False
    return True


def _handed_over(channel: Channel, waiting: dict[UUID, Message]) -> Iterator[Outcome]:
    """What the channel says. One that breaks is as good as away: that is no reason to keep the others waiting."""
    failure = "the channel did not say what became of it"
    try:
        for outcome in channel.deliver(_unless_taken_back(waiting)):
            waiting.pop(outcome.message.pk, None)
            yield outcome
    except Exception as error:  # whatever a provider does, the messages are tried again and counted
        logger.exception("a channel broke", extra={"action": f"deliver {channel.name}"})
        failure = type(error).__name__
    yield from (Outcome(message, failure) for message in waiting.values())


def _unless_taken_back(waiting: dict[UUID, Message]) -> Iterator[Message]:
    """Look once more just before each is handed over: since the batch was claimed it may have been cancelled, or the
    person erased.
    """
    for message in list(waiting.values()):
        if Message.objects.filter(pk=message.pk, state=Message.State.QUEUED).readable().exists():
            yield message
        else:
            del waiting[message.pk]


@transaction.atomic
def _settle(outcome: Outcome, now: datetime) -> None:
    """Note what became of it. What was cancelled while it was being sent stays so, with the time at which it left."""
    message = outcome.message
    attempts = message.attempts + 1
    state = _state_after(outcome, attempts)
    mine = Message.objects.filter(pk=message.pk)
    mine = mine if outcome.is_sent else mine.filter(leased_until=message.leased_until)
    is_settled = mine.filter(state=Message.State.QUEUED).update(
        state=state,
        attempts=attempts,
        leased_until=None,
        last_error=outcome.error[:500],
        sent_at=now if outcome.is_sent else None,
        due_at=message.due_at if state != Message.State.QUEUED else now + _pause(outcome, attempts),
    )
    if outcome.is_sent and not is_settled:
        mine.filter(state=Message.State.CANCELLED, sent_at=None).update(sent_at=now)
    if is_settled and state == Message.State.FAILED:
        events.publish("message.failed", {"message_id": str(message.pk), "kind": message.kind}, now=now)
    metrics.MESSAGES.labels(message.channel, "retried" if state == Message.State.QUEUED else state).inc()


def _state_after(outcome: Outcome, attempts: int) -> Message.State:
    if outcome.is_sent:
        return Message.State.SENT
    return Message.State.FAILED if outcome.is_final or attempts >= ATTEMPTS else Message.State.QUEUED


def _pause(outcome: Outcome, attempts: int) -> timedelta:
    return max(pause_after(attempts, outcome.message.pk), outcome.pause)


def pause_after(attempts: int, message_id: UUID) -> timedelta:
    """How long to wait after that many attempts: four times as long each time, up to a fifth more or less."""
    pause = min(FIRST_PAUSE * 4 ** (attempts - 1), LONGEST_PAUSE)
    spread = 0.8 + 0.4 * (message_id.int % 1000) / 1000
    return timedelta(seconds=pause.total_seconds() * spread)


@transaction.atomic
def _follow_up(ids: Sequence[str], now: datetime) -> None:
    """Come back for what still waits: for another attempt, or in the hands of a worker that may be dead."""
    waiting = Message.objects.filter(pk__in=ids, state=Message.State.QUEUED)
    rows = list(waiting.values_list("pk", "due_at", "leased_until"))
    if rows:
        soonest = min(max(due_at, leased_until or due_at) for _, due_at, leased_until in rows)
        _publish([pk for pk, _, _ in rows], now=now, due_at=max(soonest, now + timedelta(seconds=1)))
