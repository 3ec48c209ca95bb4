"""Ranks of scores."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence


def competition_ranks(scores: Sequence[float | None]) -> list[int | None]:
    """Return "1224" ranks: the highest score is 1, ties share the better rank, no score has no rank.

    >>> competition_ranks([3.0, 5.0, None, 3.0])
    [2, 1, None, 2]
    """
    ordered = sorted(score for score in scores if score is not None)
    return [None if score is None else len(ordered) - bisect_right(ordered, score) + 1 for score in scores]
