"""Processes see a change within a second, without Redis within six, and ask nothing while nothing changes."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context

from apps.configuration import services
from resimate.tests.database import SERVERS, url_of
from resimate.tests.races.watching import Watcher

pytestmark = [pytest.mark.requirement("UC-002", "ENV-002"), pytest.mark.thorough]
KEY = "api.rate.models"
NOWHERE = "redis://127.0.0.1:9/0"


def _watcher(**environment: str) -> Watcher:
    name = str(connection.settings_dict["NAME"])
    urls = {"DATABASE_URL": url_of(SERVERS.app_url, name), "DATABASE_OWNER_URL": url_of(SERVERS.owner_url, name)}
    return Watcher(KEY, **urls, **environment)


@pytest.fixture(scope="module")
def two(arena: None) -> Iterator[list[Watcher]]:
    made = [_watcher(), _watcher()]
    for one in made:
        one.sight()
    time.sleep(1)  # by then they follow
    yield made
    for one in made:
        one.close()


def _set(schema: str, value: Any, now: datetime) -> float:
    with schema_context(schema):
        services.change(KEY, value, now=now)
    return time.time()


def test_two_processes_see_every_change_within_a_second(acme: None, two: list[Watcher], now: datetime) -> None:
    waits = []
    for number in range(50):
        committed = _set("acme", 2000 + number, now)
        for sight in [one.sight() for one in two]:
            assert sight.value == 2000 + number
            waits.append(sight.at - committed)

    waits.sort()
    print(f"seen after: p50 {1000 * waits[50]:.1f} ms, p99 {1000 * waits[98]:.1f} ms, most {1000 * waits[-1]:.1f} ms")  # noqa: T201  a measurement
    assert waits[98] < 1.0


def test_they_ask_nothing_while_nothing_changes(acme: None, two: list[Watcher], now: datetime) -> None:
    _set("acme", 1, now)
    before = [one.sight().queries for one in two]
    time.sleep(12)  # longer than anything holds
    _set("acme", 2, now)
    after = [one.sight().queries for one in two]
    _set("acme", 3, now)
    afterwards = [one.sight().queries for one in two]

    reading = [last - second for last, second in zip(afterwards, after, strict=True)]
    assert [second - first for first, second in zip(before, after, strict=True)] == reading


def test_without_redis_a_change_is_seen_within_six_seconds(acme: None, now: datetime) -> None:
    watcher = _watcher(REDIS_URL=NOWHERE)
    try:
        watcher.sight()
        for number in range(3):
            time.sleep(number)
            committed = _set("acme", 3000 + number, now)
            sight = watcher.sight()
            print(f"seen without Redis after {sight.at - committed:.2f} s")  # noqa: T201  a measurement
            assert (sight.value, sight.at - committed < 6.0) == (3000 + number, True)
    finally:
        watcher.close()
