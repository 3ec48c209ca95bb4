import pytest
from django.core.cache import cache

from apps.configuration.throttling import WINDOW, Counter

pytestmark = pytest.mark.requirement("CMS-001")


def test_small_limits_are_counted_one_by_one_across_processes() -> None:
    here, elsewhere = Counter(), Counter()

    assert [here.count("k", draw=1), elsewhere.count("k", draw=1), here.count("k", draw=1)] == [1, 2, 3]


def test_large_limits_are_drawn_in_shares() -> None:
    here, elsewhere = Counter(), Counter()

    assert [here.count("k", draw=10) for _ in range(3)] == [1, 2, 3]
    assert elsewhere.count("k", draw=10) == 11
    assert [here.count("k", draw=10) for _ in range(8)] == [4, 5, 6, 7, 8, 9, 10, 21]


def test_a_count_is_forgotten_after_its_window() -> None:
    Counter().count("forgotten", draw=10)

    name = cache.make_and_validate_key("forgotten")
    left = cache._cache.get_client(name).ttl(name)  # type: ignore[attr-defined]  # not among Django's types
    assert 0 < left <= WINDOW


def test_without_redis_nothing_is_counted(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(cache._cache, "get_client", away)  # type: ignore[attr-defined]

    assert Counter().count("k", draw=1) is None
