import dataclasses
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache

pytestmark = pytest.mark.requirement("SEC-DATA-001")


@pytest.mark.parametrize("value", [0, -7, 2**40, 1.5, 0.1 + 0.2, True, None, "ü", [1, [2.5]], {"a": {"b": [None]}}])
def test_values_come_back_as_they_were(value: Any) -> None:
    cache.set("value", value)

    assert cache.get("value") == value
    assert type(cache.get("value")) is type(value)


def test_redis_counts_with_numbers() -> None:
    cache.add("count", 0, 60)

    assert [cache.incr("count"), cache.incr("count"), cache.decr("count")] == [1, 2, 1]
    assert cache.get("count") == 1


@dataclasses.dataclass
class Thing:
    name: str


@pytest.mark.parametrize("value", [datetime(2026, 1, 1, tzinfo=UTC), Thing("x"), b"bytes", {1}, object()])
def test_what_would_come_back_as_something_else_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        cache.set("value", value)


exploded: list[str] = []


def explode() -> None:
    exploded.append("yes")


class Bomb:
    def __reduce__(self) -> Any:
        return explode, ()


def test_a_pickle_in_redis_runs_nothing_and_counts_as_nothing() -> None:
    name = cache.make_and_validate_key("bomb")
    client = cache._cache.get_client(name, write=True)  # type: ignore[attr-defined]
    client.set(name, pickle.dumps(Bomb()))

    assert cache.get("bomb", "nothing") in (None, "nothing")
    assert exploded == []
