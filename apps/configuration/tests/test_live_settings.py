"""A change is seen by every process: what is known holds only while nothing has changed."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from apps.configuration import services, snapshots
from apps.configuration.models import Layer
from apps.configuration.registry import Key
from apps.core import epochs

pytestmark = pytest.mark.requirement("UC-002", "ENV-002")
Toy = Callable[..., Key]
KEY = "toy.number"


@pytest.fixture(autouse=True)
def _toy(acme: Any, toy: Toy) -> None:
    toy()


def _committed(capture: Any, schema: str, value: int, now: datetime) -> None:
    with capture(execute=True), schema_context(schema):
        services.change(KEY, value, now=now)


def _queries() -> int:
    with CaptureQueriesContext(connection) as queries:
        services.get(KEY)
    return len(queries)


def test_reading_what_is_known_asks_nobody(acme: Any) -> None:
    services.get(KEY)

    assert _queries() == 0


def test_what_is_known_goes_on_without_a_question_while_a_follower_looks(acme: Any) -> None:
    services.get(KEY)
    snapshots._remembered["acme"] = replace(snapshots._remembered["acme"], until=0.0)

    snapshots._counted(epochs.numbers("settings"))

    assert _queries() == 0


def test_every_number_is_seen_from_every_schema(acme: Any, now: datetime) -> None:
    for schema in ("acme", "beta", "public"):
        with schema_context(schema):
            services.change(KEY, 5, now=now)

    assert epochs.numbers("settings") == {"public": 1, "acme": 1, "beta": 1}
    assert epochs.numbers("settings", {"public", "acme"}) == {"public": 1, "acme": 1}


def test_a_change_here_is_seen_at_once(acme: Any, now: datetime, django_capture_on_commit_callbacks: Any) -> None:
    assert services.get(KEY) == 10

    _committed(django_capture_on_commit_callbacks, "public", 5, now)
    assert services.get(KEY) == 5
    _committed(django_capture_on_commit_callbacks, "acme", 6, now)
    assert services.get(KEY) == 6


def test_a_look_finds_what_no_news_told(acme: Any, now: datetime) -> None:
    services.get(KEY)
    known = snapshots._remembered["acme"]
    services.change(KEY, 5, now=now)
    snapshots._remembered["acme"] = known  # as in a process that nobody told

    snapshots._counted(epochs.numbers("settings"))

    assert "acme" not in snapshots._remembered


def test_what_never_came_true_is_not_kept(acme: Any, now: datetime) -> None:
    services.get(KEY)
    with transaction.atomic():
        services.change(KEY, 5, now=now)
        services.forget()
        assert services.get(KEY) == 5
        transaction.set_rollback(True)

    assert services.get(KEY) == 10


def test_a_snapshot_ends_with_what_holds_for_a_time(acme: Any, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    services.change(KEY, 5, now=now, layer=Layer.RUNTIME, until=now + timedelta(seconds=2))
    clock = time.monotonic()

    known = snapshots._read((0, 0, 0), now, clock)

    assert known.values[KEY] == 5
    assert known.ends - clock == pytest.approx(2.0)


def test_redis_carries_the_news(acme: Any, now: datetime, django_capture_on_commit_callbacks: Any) -> None:
    news = epochs._client().pubsub(ignore_subscribe_messages=True)
    news.subscribe(epochs.CHANNEL)
    news.get_message(timeout=1)

    _committed(django_capture_on_commit_callbacks, "acme", 5, now)

    assert news.get_message(timeout=20)["data"] == b'["settings", "acme"]'
    news.close()


def test_without_redis_the_follower_still_looks(acme: Any, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    slept: list[float] = []
    monkeypatch.setattr(epochs, "_client", away)
    monkeypatch.setattr("time.sleep", slept.append)
    services.get(KEY)
    known = snapshots._remembered["acme"]
    services.change(KEY, 5, now=now)
    snapshots._remembered["acme"] = known

    follower = epochs.Follower()
    follower._hear(1.0)
    snapshots._counted(epochs.numbers("settings"))

    assert services.get(KEY) == 5
    assert slept == [pytest.approx(1.0, abs=0.2)]
