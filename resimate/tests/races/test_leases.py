"""What a dead worker had in its hands is free at once, and what a living one has is not."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from apps.campaigns.messages import REMINDER
from apps.core import events, presence
from apps.core.fields import new_id
from apps.core.models import EventDelivery
from apps.core.presence import Presence
from apps.notifications import services as notifications
from apps.notifications.about import About
from apps.notifications.models import Message
from resimate.tests.races.harness import PATIENCE, race

pytestmark = pytest.mark.requirement("AR-002")


@pytest.fixture
def worker(acme: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Presence]:
    """This process is a worker that has shown itself."""
    here = Presence()
    here.show()
    monkeypatch.setattr(presence, "HERE", here)
    yield here
    here.hide()


def die(worker: Presence) -> None:
    """As ``kill -9`` does it: the session is gone, and nobody has tidied up."""
    worker.hide()
    deadline = time.monotonic() + PATIENCE
    while worker.own in presence.living():
        assert time.monotonic() < deadline


def message(now: datetime, key: str) -> Message:
    with transaction.atomic():
        facts: dict[str, Any] = {"name": "Bo", "organisation": "Acme", "campaign": "C", "subject": "S"}
        facts |= {"link": "l", "closes_at": now}
        about = About("campaigns.campaign", UUID(int=1))
        draft = notifications.Draft(REMINDER, about, UUID(int=2), "bo@example.org", key, facts)
        return notifications.enqueue(draft, now=now)


@pytest.fixture(autouse=True)
def _nobody_above(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "_renewals", {})


def test_a_delivery_of_a_dead_worker_is_claimed_by_the_next(worker: Presence, now: datetime) -> None:
    message(now, "delivery")
    leased = events._claim(now)
    assert leased
    assert events._claim(now) == []

    die(worker)

    assert {one.pk for one in events._claim(now)} == {one.pk for one in leased}
    EventDelivery.objects.all().update(state=EventDelivery.State.DONE)


def test_a_delivery_that_is_being_claimed_is_passed_over(worker: Presence, now: datetime) -> None:
    message(now, "claimed")

    first, second = race(*[lambda: events._claim(now)] * 2)

    assert first.result
    assert (second.result, second.waited) == ([], False)
    EventDelivery.objects.all().update(state=EventDelivery.State.DONE)


def test_a_message_of_a_dead_worker_is_claimed_by_the_next(worker: Presence, now: datetime) -> None:
    one = message(now, "message")
    assert notifications._claim([str(one.pk)], now) == [one]
    assert notifications._claim([str(one.pk)], now) == []

    die(worker)

    assert notifications._claim([str(one.pk)], now) == [one]


@pytest.fixture
def slow(acme: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery that takes minutes is the only one that is due."""
    EventDelivery.objects.all().update(state=EventDelivery.State.DONE)
    monkeypatch.setattr(events, "_slow", lambda: ["notifications.deliver_messages"])
    message(now, f"slow {new_id()}")


def test_a_slow_turn_of_a_dead_worker_is_free(slow: None, worker: Presence, now: datetime) -> None:
    """A job that was running is begun again by the next worker, and its tenant's turn is not lost."""
    chosen = events._claim_slow(now)
    assert chosen is not None
    assert events._claim_slow(now) is None

    die(worker)

    assert events._claim_slow(now) == chosen
    EventDelivery.objects.all().update(state=EventDelivery.State.DONE)


def test_of_two_workers_one_takes_the_slow_turn(slow: None, worker: Presence, now: datetime) -> None:
    first, second = race(*[lambda: events._claim_slow(now)] * 2)

    assert first.result is not None
    assert (second.result, second.waited) == (None, True)
    EventDelivery.objects.all().update(state=EventDelivery.State.DONE)


def test_a_delivery_that_two_workers_hold_is_done_once(acme: None, now: datetime) -> None:
    """A lease that ran out is another's, while whoever had it may still be at work."""
    message(now, "held twice")
    delivery = EventDelivery.objects.select_related("event").latest("pk")
    handled: list[Any] = []
    subscriber = events.Subscriber("tests.one", "tests", handled.extend, atomic=True, together=False)

    outcomes = race(*[lambda: events._run(subscriber, [delivery])] * 2)

    assert [one.error for one in outcomes] == [None, None]
    assert (handled, outcomes[1].waited) == ([delivery.event], True)


def test_a_lease_without_a_worker_runs_out_by_time(acme: None, now: datetime) -> None:
    one = message(now, "by-time")
    notifications._claim([str(one.pk)], now)

    assert notifications._claim([str(one.pk)], now + notifications.LEASE) == []
    assert notifications._claim([str(one.pk)], now + notifications.LEASE + timedelta(seconds=1)) == [one]


def test_a_worker_that_lost_its_session_shows_itself_again_under_its_number(worker: Presence) -> None:
    assert worker._session is not None
    worker._session.close()
    deadline = time.monotonic() + PATIENCE
    while worker.own not in presence.living() or worker._session is None or worker._session.closed:
        worker.show()
        assert time.monotonic() < deadline

    assert worker.number == worker.own


def test_two_workers_claim_a_message_once(worker: Presence, now: datetime) -> None:
    one = message(now, "twice")

    first, second = race(*[lambda: notifications._claim([str(one.pk)], now)] * 2)

    assert (len(first.result), second.result) == (1, [])
