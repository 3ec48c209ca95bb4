"""Events: a lower app tells the apps above it what happened, and never learns who listens.

``publish`` writes the event into the outbox in the transaction in which it happened, with one delivery for each
subscriber. Workers claim deliveries with ``FOR UPDATE SKIP LOCKED``; Celery only wakes them, so a lost broker costs
latency and never an event. Inside the database a delivery is exactly once; an outside effect is at least once, with
the event's id to tell repeats by.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django_tenants.utils import get_public_schema_name, schema_context

from apps.core import context
from apps.core.models import Event, EventDelivery
from apps.core.observability import metrics
from apps.core.observability.logs import masked
from apps.core.tenancy import current_schema

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
BATCH = 50
ATTEMPTS = 10

Handler = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """``atomic``: the handler's effects and the mark that it ran are one transaction. Otherwise it reaches outside."""

    name: str
    app: str
    handler: Handler
    atomic: bool


_subscribers: dict[str, list[Subscriber]] = {}
_by_name: dict[str, Subscriber] = {}
_wakers: list[Callable[[], None]] = []
_held: list[Callable[[], set[str]]] = []


class OutsideTransaction(RuntimeError):
    """An event was published outside a transaction, so it could be lost or lie."""


def subscribe(name: str, *, atomic: bool = True) -> Callable[[Handler], Handler]:
    """Call the function with every event of that name, in the tenant in which it happened."""

    def register(handler: Handler) -> Handler:
        app = ".".join(handler.__module__.split(".")[:2])
        name_ = f"{app.removeprefix('apps.')}.{handler.__name__}"
        subscriber = Subscriber(name_, app, handler, atomic)
        if subscriber.name in _by_name:
            raise ValueError(f"two subscribers are called {subscriber.name}")
        _by_name[subscriber.name] = subscriber
        _subscribers.setdefault(name, []).append(subscriber)
        return handler

    return register


def wake_with(waker: Callable[[], None]) -> None:
    """Call the function after each commit that left something to deliver."""
    _wakers.append(waker)


def hold_back(tenants: Callable[[], set[str]]) -> None:
    """Deliver nothing, for now, to the schemas that the function names (suspended tenants)."""
    _held.append(tenants)


def publish(name: str, payload: dict[str, Any], *, now: datetime, due_at: datetime | None = None) -> Event:
    """Record that something happened; subscribers learn of it once the transaction commits, or at ``due_at``."""
    return publish_many(name, [payload], now=now, due_at=due_at)[0]


def publish_many(
    name: str, payloads: Iterable[dict[str, Any]], *, now: datetime, due_at: datetime | None = None
) -> list[Event]:
    """Record that the same thing happened several times: an event each, written at once."""
    if not connection.in_atomic_block:
        raise OutsideTransaction(name)
    traceparent = context.current().traceparent
    events = Event.objects.bulk_create(
        Event(name=name, payload=payload, occurred_at=now, traceparent=traceparent) for payload in payloads
    )
    if listening := _listening(name):
        EventDelivery.objects.bulk_create(
            EventDelivery(event=event, subscriber=listener.name, due_at=due_at or now)
            for event in events
            for listener in listening
        )
        if due_at is None or due_at <= now:
            transaction.on_commit(wake, robust=True)
    return events


def _listening(name: str) -> list[Subscriber]:
    """Who is told. Apps whose tables only tenants have are deaf to what happens on the platform itself."""
    everyone = _subscribers.get(name, [])
    if current_schema() != get_public_schema_name():
        return everyone
    return [one for one in everyone if one.app in settings.SHARED_APPS]


def wake() -> None:
    for waker in _wakers:
        waker()


def deliver_due(now: datetime) -> int:
    """Claim and run what is due, in every tenant; returns how many deliveries were tried."""
    claimed = _claim(now)
    deadline = time.monotonic() + LEASE.total_seconds() / 2
    for delivery in claimed:
        if time.monotonic() < deadline:  # what a long one has kept waiting is soon somebody else's
            _deliver(delivery, now)
    return len(claimed)


def _claim(now: datetime) -> list[EventDelivery]:
    held = set().union(*(tenants() for tenants in _held))
    with transaction.atomic():
        # A foreign key does not ask whose the event is.
        own = EventDelivery.objects.due_at(now).filter(event__tenant=F("tenant"))
        due = own.exclude(tenant__in=held).select_related("event")
        claimed = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "pk")[:BATCH])
        EventDelivery.objects.filter(pk__in=[one.pk for one in claimed]).update(leased_until=now + LEASE)
    return claimed


def _deliver(delivery: EventDelivery, now: datetime) -> None:
    subscriber = _by_name.get(delivery.subscriber)
    work = context.continued(delivery.event.traceparent, action=delivery.subscriber)
    with context.use(work):
        try:
            if subscriber is None:
                raise LookupError(f"no subscriber is called {delivery.subscriber}")
            with schema_context(delivery.tenant):
                _run(subscriber, delivery)
        except Exception as error:  # noqa: BLE001  one bad handler must not block its shard; it is kept, counted and logged
            _failed(delivery, error, now)  # in the public schema: the tenant's may be the very thing that is gone
        else:
            metrics.EVENTS_DELIVERED.labels(delivery.subscriber, "done").inc()


def _run(subscriber: Subscriber, delivery: EventDelivery) -> None:
    done = EventDelivery.objects.filter(pk=delivery.pk)
    if subscriber.atomic:
        with transaction.atomic():
            if not done.filter(state=EventDelivery.State.PENDING).select_for_update().exists():
                return
            subscriber.handler(delivery.event)
            done.update(state=EventDelivery.State.DONE, leased_until=None)
    else:
        subscriber.handler(delivery.event)
        done.update(state=EventDelivery.State.DONE, leased_until=None)


def _failed(delivery: EventDelivery, error: Exception, now: datetime) -> None:
    attempts = delivery.attempts + 1
    dead = attempts >= ATTEMPTS
    EventDelivery.objects.filter(pk=delivery.pk).update(
        attempts=attempts,
        state=EventDelivery.State.DEAD if dead else EventDelivery.State.PENDING,
        due_at=now + timedelta(seconds=min(2**attempts, 3600)),
        leased_until=None,
        last_error=masked(f"{type(error).__name__}: {error}")[:1000],
    )
    metrics.EVENTS_DELIVERED.labels(delivery.subscriber, "dead" if dead else "failed").inc()
    logger.error("event delivery failed", exc_info=error, extra={"status": "dead" if dead else "retry"})
