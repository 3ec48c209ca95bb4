"""The outbox, with two tenants: nothing is lost, nothing is done twice, and nobody hears of another's."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker import state as worker_state
from django.db import connection, transaction
from django_tenants.utils import schema_context, tenant_context

from apps import audit
from apps.audit.models import AuditEntry
from apps.core import context, event_types, events, metrics
from apps.core.models import Event, EventDelivery
from apps.tenants import tasks
from apps.tenants.models import Tenant

pytestmark = pytest.mark.requirement("AR-002")
Subscribe = Callable[..., events.Handler]


@pytest.fixture
def subscribe() -> Iterator[Subscribe]:
    """Subscribe for the length of a test."""
    before = {name: list(listening) for name, listening in events._subscribers.items()}, dict(events._by_name)

    def register(
        handler: events.Handler, *, to: str = "thing.happened", atomic: bool = True, slow: bool = False
    ) -> events.Handler:
        return events.subscribe(to, atomic=atomic, slow=slow)(handler)

    yield register
    events._subscribers.clear()
    events._subscribers.update(before[0])
    events._by_name.clear()
    events._by_name.update(before[1])


@pytest.fixture(autouse=True)
def thing() -> Iterator[None]:
    """An event for the length of a test."""
    event_types.declare("thing.happened", "It happened.", {}, may_carry={"n": {"type": "integer"}})
    yield
    del event_types.DECLARED["thing.happened"]


def _deliver(now: datetime) -> int:
    with schema_context("public"):
        return events.deliver_due(now)


def test_publishing_outside_a_transaction_raises(committed: None, now: datetime) -> None:
    with pytest.raises(events.OutsideTransaction):
        events.publish("thing.happened", {}, now=now)


def test_what_is_rolled_back_never_happened(acme: Any, now: datetime, subscribe: Subscribe) -> None:
    heard: list[str] = []

    def hear(event: Event) -> None:
        heard.append(event.name)

    subscribe(hear)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        events.publish("thing.happened", {"part": 1 // len(heard)}, now=now)

    assert _deliver(now) == 0
    assert heard == []
    assert not Event.objects.exists()


def test_every_subscriber_hears_once_in_the_tenant_in_which_it_happened(
    acme: Any, beta: Any, now: datetime, subscribe: Subscribe
) -> None:
    heard: list[tuple[str, str, int]] = []

    def one(event: Event) -> None:
        heard.append(("one", connection.schema_name, event.payload["n"]))  # type: ignore[attr-defined]

    def two(event: Event) -> None:
        heard.append(("two", connection.schema_name, event.payload["n"]))  # type: ignore[attr-defined]

    subscribe(one)
    subscribe(two, atomic=False)
    events.publish("thing.happened", {"n": 1}, now=now)
    with tenant_context(beta), transaction.atomic():
        events.publish("thing.happened", {"n": 2}, now=now)

    assert _deliver(now) == 4
    assert _deliver(now) == 0
    assert sorted(heard) == [("one", "acme", 1), ("one", "beta", 2), ("two", "acme", 1), ("two", "beta", 2)]


def test_a_failing_subscriber_is_tried_again_alone_and_its_effects_are_undone(
    acme: Any, now: datetime, subscribe: Subscribe
) -> None:
    tries: list[int] = []
    heard: list[str] = []

    def fails_once(event: Event) -> None:
        tries.append(1)
        audit.record("thing.tried", now=now, details={"try": len(tries)})
        if len(tries) == 1:
            raise ConnectionError("away")

    def well(event: Event) -> None:
        heard.append(event.name)

    subscribe(fails_once)
    subscribe(well)
    events.publish("thing.happened", {}, now=now)

    _deliver(now)
    assert not _recorded_tries()
    assert _deliver(now) == 0
    assert _deliver(now + timedelta(minutes=1)) == 1

    assert _recorded_tries() == [2]
    assert heard == ["thing.happened"]
    assert set(EventDelivery.objects.values_list("state", flat=True)) == {"done"}


def _recorded_tries() -> list[int]:
    return list(AuditEntry.objects.filter(action="thing.tried").values_list("details__try", flat=True))


def test_a_subscriber_that_always_fails_is_given_up_and_kept(acme: Any, now: datetime, subscribe: Subscribe) -> None:
    def never(event: Event) -> None:
        raise ValueError("no use")

    subscribe(never)
    events.publish("thing.happened", {}, now=now)
    tried = sum(_deliver(now + timedelta(hours=2 * hour)) for hour in range(events.ATTEMPTS + 3))

    delivery = EventDelivery.objects.get()
    assert tried == events.ATTEMPTS
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("dead", events.ATTEMPTS, "ValueError: no use")


def test_who_takes_events_together_is_called_once_in_each_tenant(
    acme: Any, beta: Any, now: datetime, subscribe: Subscribe
) -> None:
    heard: list[tuple[str, list[int]]] = []

    @events.subscribe_together("thing.happened")
    def hear_all(together: Sequence[Event]) -> None:
        heard.append((connection.schema_name, [event.payload["n"] for event in together]))  # type: ignore[attr-defined]

    events.publish_many("thing.happened", [{"n": 1}, {"n": 2}], now=now)
    with tenant_context(beta), transaction.atomic():
        events.publish("thing.happened", {"n": 3}, now=now)

    assert _deliver(now) == 3
    assert _deliver(now) == 0
    assert sorted((schema, sorted(numbers)) for schema, numbers in heard) == [("acme", [1, 2]), ("beta", [3])]


def test_one_that_cannot_be_done_keeps_no_other_from_it(acme: Any, now: datetime, subscribe: Subscribe) -> None:
    @events.subscribe_together("thing.happened")
    def never_two(together: Sequence[Event]) -> None:
        for event in together:
            audit.record("thing.tried", now=now, details={"try": event.payload["n"]})
            if event.payload["n"] == 2:
                raise ValueError("no use")

    events.publish_many("thing.happened", [{"n": 1}, {"n": 2}, {"n": 3}], now=now)

    assert _deliver(now) == 3

    assert sorted(_recorded_tries()) == [1, 3]
    states = EventDelivery.objects.order_by("event__payload__n").values_list("state", "attempts")
    assert list(states) == [("done", 0), ("pending", 1), ("done", 0)]


def test_the_waits_between_tries_grow(acme: Any, now: datetime, subscribe: Subscribe) -> None:
    def never(event: Event) -> None:
        raise ValueError

    subscribe(never)
    events.publish("thing.happened", {}, now=now)
    moment, waits = now, []
    for _ in range(5):
        _deliver(moment)
        due = EventDelivery.objects.get().due_at
        waits.append((due - moment).total_seconds())
        moment = due

    assert waits == [2, 4, 8, 16, 32]


def test_what_is_due_later_waits(acme: Any, now: datetime, subscribe: Subscribe) -> None:
    heard: list[str] = []

    def hear(event: Event) -> None:
        heard.append(event.name)

    subscribe(hear)
    events.publish("thing.happened", {}, now=now, due_at=now + timedelta(hours=1))

    assert _deliver(now) == 0
    assert _deliver(now + timedelta(hours=1)) == 1
    assert heard == ["thing.happened"]


def test_what_another_worker_has_claimed_is_left_to_it_until_its_lease_ends(
    acme: Any, now: datetime, subscribe: Subscribe
) -> None:
    def hear(event: Event) -> None:
        pass

    subscribe(hear)
    events.publish("thing.happened", {}, now=now)
    EventDelivery.objects.update(leased_until=now + events.LEASE)

    assert _deliver(now) == 0
    assert _deliver(now + events.LEASE + timedelta(seconds=1)) == 1


def test_what_a_long_one_has_kept_waiting_is_left_to_the_next_worker(
    acme: Any, now: datetime, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    heard: list[int] = []

    def slow(event: Event) -> None:
        heard.append(event.payload["n"])
        clock[0] += events.LEASE.total_seconds()

    subscribe(slow, atomic=False)
    events.publish("thing.happened", {"n": 1}, now=now)
    events.publish("thing.happened", {"n": 2}, now=now + timedelta(seconds=1))
    monkeypatch.setattr(events, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    _deliver(now + timedelta(seconds=2))

    assert heard == [1]
    _deliver(now + events.LEASE + timedelta(seconds=3))
    assert heard == [1, 2]


def test_a_worker_that_is_told_to_end_finishes_what_it_has_and_begins_nothing(
    acme: Any, now: datetime, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int] = []

    def hear(event: Event) -> None:
        heard.append(event.payload["n"])
        monkeypatch.setattr(worker_state, "should_stop", 0)  # as Celery has it once there was a SIGTERM

    subscribe(hear, slow=True)
    for n in (1, 2):
        events.publish("thing.happened", {"n": n}, now=now)

    tasks.deliver_events()
    assert heard == [1]
    tasks.deliver_events()
    assert heard == [1]
    monkeypatch.setattr(worker_state, "should_stop", None)
    tasks.deliver_events()
    assert heard == [1, 2]


def test_a_tenant_that_is_gone_holds_up_nobody_else(committed: None, now: datetime, subscribe: Subscribe) -> None:
    heard: list[str] = []

    def hear(event: Event) -> None:
        heard.append(connection.schema_name)  # type: ignore[attr-defined]

    subscribe(hear)
    for schema in ("gone", "acme"):
        event = Event.objects.create(tenant=schema, name="thing.happened", occurred_at=now)
        EventDelivery.objects.create(tenant=schema, event=event, subscriber="tenants.hear", due_at=now)
    try:
        _deliver(now)

        assert heard == ["acme"]
        kept = EventDelivery.objects.get(tenant="gone")
        assert (kept.state, kept.attempts, kept.leased_until) == ("pending", 1, None)
    finally:
        Event.objects.filter(name="thing.happened").delete()


def test_nobody_hears_an_event_of_another_tenant_by_naming_it(
    acme: Any, beta: Any, now: datetime, subscribe: Subscribe
) -> None:
    heard: list[str] = []

    def hear(event: Event) -> None:
        heard.append(event.tenant)

    subscribe(hear)
    with tenant_context(beta):
        theirs = Event.objects.create(name="secret.happened", occurred_at=now, payload={"who": "theirs"})
    EventDelivery.objects.create(event=theirs, subscriber="tenants.hear", due_at=now)

    assert _deliver(now) == 0
    assert heard == []


def test_a_suspended_tenants_work_waits(acme: Any, now: datetime, subscribe: Subscribe) -> None:
    def hear(event: Event) -> None:
        pass

    subscribe(hear)
    events.publish("thing.happened", {}, now=now)
    with schema_context("public"):
        tenant = Tenant.objects.get(slug="acme")
        tenant.status = Tenant.Status.SUSPENDED
        tenant.save(update_fields=["status"])
        assert events.deliver_due(now) == 0

        tenant.status = Tenant.Status.ACTIVE
        tenant.save(update_fields=["status"])
        assert events.deliver_due(now) == 1


def test_the_trace_goes_on_in_the_subscriber(acme: Any, now: datetime, subscribe: Subscribe) -> None:
    traces: list[str] = []

    def hear(event: Event) -> None:
        traces.append(context.current().trace_id)

    subscribe(hear)
    work = context.continued("")
    with context.use(work):
        events.publish("thing.happened", {}, now=now)
    _deliver(now)

    assert traces == [work.trace_id]


def test_workers_are_woken_once_it_is_committed(
    acme: Any,
    now: datetime,
    subscribe: Subscribe,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(events, "_wakers", [woken.append])

    def hear(event: Event) -> None:
        pass

    subscribe(hear)
    with django_capture_on_commit_callbacks(execute=True):
        events.publish("thing.happened", {}, now=now)
        assert woken == []

    assert woken == ["default"]


def test_two_subscribers_of_one_name_are_a_mistake(subscribe: Subscribe) -> None:
    def hear(event: Event) -> None:
        pass

    subscribe(hear)

    with pytest.raises(ValueError, match=r"tests\.hear|hear"):
        subscribe(hear)


def test_what_waits_is_measured_in_all_tenants(acme: Any, beta: Any, now: datetime, subscribe: Subscribe) -> None:
    subscribe(lambda event: None)

    def publish(due_at: datetime) -> None:
        for tenant in (acme, beta):
            with tenant_context(tenant), transaction.atomic():
                events.publish("thing.happened", {}, now=now, due_at=due_at)

    def measured() -> tuple[float, float]:
        tasks.measure_outbox()
        return metrics.OUTBOX.labels("pending")._value.get(), metrics.OUTBOX_AGE._value.get()

    publish(now)
    assert _deliver(now) == 2
    publish(now + timedelta(days=36500))
    assert measured() == (2, 0)

    publish(now - timedelta(days=365))
    waiting, age = measured()
    assert (waiting, age > timedelta(days=365).total_seconds()) == (4, True)
