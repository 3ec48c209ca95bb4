"""What is tried in many ways is tried in one of them by ``make test``, and in all by ``make thorough``."""

from typing import Any

import pytest


def one_of(*ways: Any) -> list[Any]:
    """For ``parametrize``: the first runs always, the others where there is time.

    >>> [getattr(way, "values", way) for way in one_of("admin", "nobody")]
    ['admin', ('nobody',)]
    """
    first, *others = ways
    return [first, *(pytest.param(*_of(way), marks=pytest.mark.thorough) for way in others)]


def _of(way: Any) -> tuple[Any, ...]:
    return way if isinstance(way, tuple) else (way,)
