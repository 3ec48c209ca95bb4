"""Events: a lower app tells the apps above it what happened, and never learns who listens.

``publish`` writes the event into the outbox in the transaction in which it happened, with one delivery for each
subscriber. Workers claim deliveries with ``FOR UPDATE SKIP LOCKED``; Celery only wakes them, so a lost broker costs
latency and never an event. Inside the database a delivery is exactly once; an outside effect is at least once, with
the event's id to tell repeats by.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django_tenants.utils import get_public_schema_name, schema_context

from apps.core import context, metrics, presence, roles
from apps.core.locking import hold
from apps.core.models import Event, EventDelivery, EventDeliveryQuerySet
from apps.core.observability.logs import masked
from apps.core.tenancy import current_schema

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
BATCH = 50
ATTEMPTS = 10
#: In one worker: half of its threads stay free for what is quick.
SLOW_AT_ONCE = 2

Handler = Callable[[Event], None]
Handlers = Callable[[Sequence[Event]], None]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """``atomic``: the handler's effects and the mark that it ran are one transaction. Otherwise it reaches outside.
    ``together``: it takes at once what is due at the same time in one tenant. ``slow``: it may take minutes.
    ``queue``: the workers of which role call it.
    """

    name: str
    app: str
    handle: Handlers
    atomic: bool
    together: bool
    queue: str = roles.DEFAULT
    slow: bool = False


_subscribers: dict[str, list[Subscriber]] = {}
_by_name: dict[str, Subscriber] = {}
_wakers: list[Callable[[str], None]] = []
_held: list[Callable[[], set[str]]] = []
_inspectors: list[Callable[[str, dict[str, Any]], None]] = []


class OutsideTransaction(RuntimeError):
    """An event was published outside a transaction, so it could be lost or lie."""


def subscribe(
    name: str, *, queue: str = roles.DEFAULT, atomic: bool = True, slow: bool = False
) -> Callable[[Handler], Handler]:
    """Call the function with every event of that name, in the tenant in which it happened.

    What is ``slow`` is done one at a time for each tenant and ``SLOW_AT_ONCE`` at a time in each worker, so that it
    keeps nothing waiting but its own kind, and more workers do more of it.
    """

    def register(handler: Handler) -> Handler:
        def one_by_one(events: Sequence[Event]) -> None:
            for event in events:
                handler(event)

        _register(name, handler, one_by_one, queue=queue, atomic=atomic, together=False, slow=slow)
        return handler

    return register


def subscribe_together(name: str, *, queue: str = roles.DEFAULT) -> Callable[[Handlers], Handlers]:
    """Call the function once with all events of that name that are due in a tenant, in one transaction.

    When it fails with several it is called again with each alone: one that cannot be done keeps no other from it.
    """

    def register(handler: Handlers) -> Handlers:
        _register(name, handler, handler, queue=queue, atomic=True, together=True)
        return handler

    return register


def _register(name: str, function: Callable[..., None], handle: Handlers, *, queue: str, **kind: bool) -> None:
    app = ".".join(function.__module__.split(".")[:2])
    if queue not in roles.QUEUES:
        raise ValueError(f"no queue is called {queue}")
    subscriber = Subscriber(f"{app.removeprefix('apps.')}.{function.__name__}", app, handle, queue=queue, **kind)
    if subscriber.name in _by_name:
        raise ValueError(f"two subscribers are called {subscriber.name}")
    _by_name[subscriber.name] = subscriber
    _subscribers.setdefault(name, []).append(subscriber)


def subscribers() -> list[Subscriber]:
    return list(_by_name.values())


def wake_with(waker: Callable[[str], None]) -> None:
    """Call the function after each commit that left something to deliver, with the queue in which it waits."""
    _wakers.append(waker)


def hold_back(tenants: Callable[[], set[str]]) -> None:
    """Deliver nothing, for now, to the schemas that the function names (suspended tenants)."""
    _held.append(tenants)


def inspect_with(inspector: Callable[[str, dict[str, Any]], None]) -> None:
    """Show the function the name and payload of each event that is published; what it raises is raised there."""
    _inspectors.append(inspector)


def publish(
    name: str, payload: dict[str, Any], *, now: datetime, due_at: datetime | None = None, queue: str = ""
) -> Event:
    """Record that something happened; subscribers learn of it once the transaction commits, or at ``due_at``.

    Each is called by the workers of its queue, or of the one that is named here.
    """
    return publish_many(name, [payload], now=now, due_at=due_at, queue=queue)[0]


def publish_many(
    name: str, payloads: Iterable[dict[str, Any]], *, now: datetime, due_at: datetime | None = None, queue: str = ""
) -> list[Event]:
    """Record that the same thing happened several times: an event each, written at once."""
    if not connection.in_atomic_block:
        raise OutsideTransaction(name)
    traceparent = context.current().traceparent
    events = Event.objects.bulk_create(
        Event(name=name, payload=payload, occurred_at=now, traceparent=traceparent) for payload in payloads
    )
    for inspect in _inspectors:
        for event in events:
            inspect(name, event.payload)
    listening = _listening(name)
    deliveries = [
        EventDelivery(event=event, subscriber=listener.name, queue=queue or listener.queue, due_at=due_at or now)
        for event in events
        for listener in listening
    ]
    EventDelivery.objects.bulk_create(deliveries)
    for waiting in sorted({one.queue for one in deliveries if one.due_at <= now}):
        transaction.on_commit(partial(wake, waiting), robust=True)
    return events


def _listening(name: str) -> list[Subscriber]:
    """Who is told. Apps whose tables only tenants have are deaf to what happens on the platform itself."""
    everyone = _subscribers.get(name, [])
    if current_schema() != get_public_schema_name():
        return everyone
    return [one for one in everyone if one.app in settings.SHARED_APPS]


def wake(queue: str) -> None:
    for waker in _wakers:
        waker(queue)


def deliver_due(now: datetime) -> int:
    """Claim and run what is due in our queues, in every tenant; returns how many deliveries were tried."""
    claimed = _claim(now)
    deadline = time.monotonic() + LEASE.total_seconds() / 2
    for deliveries in _together(claimed):
        if time.monotonic() < deadline:  # what a long one has kept waiting is soon somebody else's
            _deliver(deliveries, now)
    return len(claimed) + _deliver_slow(now)


def _deliver_slow(now: datetime) -> int:
    """Claim and run one delivery that may take minutes, if there is a turn for it."""
    chosen = _claim_slow(now)
    if chosen is None:
        return 0
    _served[chosen.tenant] = time.monotonic()
    _deliver([chosen], now)
    return 1


_served: dict[str, float] = {}


def _together(claimed: Iterable[EventDelivery]) -> Iterable[list[EventDelivery]]:
    """Put together what its subscriber takes together; everything else stays alone, and in its order."""
    groups: dict[Any, list[EventDelivery]] = {}
    for delivery in claimed:
        subscriber = _by_name.get(delivery.subscriber)
        shared = subscriber is not None and subscriber.together
        groups.setdefault((delivery.tenant, delivery.subscriber) if shared else delivery.pk, []).append(delivery)
    return groups.values()


def _due(now: datetime) -> EventDeliveryQuerySet:
    held = set().union(*(tenants() for tenants in _held))
    # A foreign key does not ask whose the event is.
    own = _ours().due_at(now).filter(event__tenant=F("tenant"))
    return own.exclude(tenant__in=held).select_related("event")


def _ours() -> EventDeliveryQuerySet:
    """Those of the queues that this process works for."""
    return EventDelivery.objects.of_queues(roles.queues_of(settings.ROLE))


def _slow() -> list[str]:
    return [name for name, subscriber in _by_name.items() if subscriber.slow]


def _claim(now: datetime) -> list[EventDelivery]:
    with transaction.atomic():
        due = _due(now).exclude(subscriber__in=_slow()).select_for_update(skip_locked=True, of=("self",))
        claimed = presence.still_free(list(due.order_by("due_at", "pk")[:BATCH]), now)
        EventDelivery.objects.filter(pk__in=[one.pk for one in claimed]).update(**_lease(now))
    return claimed


def _claim_slow(now: datetime) -> EventDelivery | None:
    """Claim the oldest of the tenant that has waited longest for its turn; no tenant has two turns at a time."""
    slow = _slow()
    if not _due(now).filter(subscriber__in=slow).exists():
        return None
    with transaction.atomic():
        hold("slow deliveries")  # one looks at a time, or two would find the same turn free
        due = _due(now).filter(subscriber__in=slow)  # asked again: who leases, and who is alive, is another by now
        held = _ours().filter(presence.held_at(now), subscriber__in=slow, state=EventDelivery.State.PENDING)
        busy = list(held.values_list("tenant", "leased_by"))
        if sum(worker == presence.HERE.number for _, worker in busy) >= SLOW_AT_ONCE:
            return None
        waiting = (
            due.exclude(tenant__in=[tenant for tenant, _ in busy]).order_by("tenant", "due_at", "pk").distinct("tenant")
        )
        chosen = min(waiting, key=lambda delivery: _served.get(delivery.tenant, 0.0), default=None)
        if chosen is not None:
            EventDelivery.objects.filter(pk=chosen.pk).update(**_lease(now))
    return chosen


def _lease(now: datetime) -> dict[str, Any]:
    return {"leased_until": now + LEASE, "leased_by": presence.HERE.number}


def _deliver(deliveries: Sequence[EventDelivery], now: datetime) -> None:
    """Run one delivery, or several of one tenant that its subscriber takes together."""
    first = deliveries[0]
    with context.use(context.continued(first.event.traceparent, action=first.subscriber)):
        error = _try(deliveries)
        if error is None:
            metrics.EVENTS_DELIVERED.labels(first.subscriber, "done").inc(len(deliveries))
        elif len(deliveries) == 1:
            _failed(first, error, now)  # in the public schema: the tenant's may be the very thing that is gone
    if error is not None and len(deliveries) > 1:
        for delivery in deliveries:
            _deliver([delivery], now)


def _try(deliveries: Sequence[EventDelivery]) -> Exception | None:
    """Return what went wrong. One bad handler must not block its shard."""
    first = deliveries[0]
    try:
        subscriber = _by_name.get(first.subscriber)
        if subscriber is None:
            raise LookupError(f"no subscriber is called {first.subscriber}")
        with schema_context(first.tenant):
            _run(subscriber, deliveries)
    except Exception as error:  # noqa: BLE001  it is kept, counted and logged
        return error
    return None


def _run(subscriber: Subscriber, deliveries: Sequence[EventDelivery]) -> None:
    these = EventDelivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries])
    with transaction.atomic() if subscriber.atomic else nullcontext():
        if subscriber.atomic:
            pending = these.filter(state=EventDelivery.State.PENDING).order_by("pk").select_for_update()
            waiting = set(pending.values_list("pk", flat=True))
            deliveries = [delivery for delivery in deliveries if delivery.pk in waiting]
        if deliveries:
            subscriber.handle([delivery.event for delivery in deliveries])
            these.update(state=EventDelivery.State.DONE, leased_until=None)


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
