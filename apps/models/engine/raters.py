"""Several raters' values of one indicator as one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.models.engine import arrays
from apps.models.engine.registry import method


@dataclass(frozen=True, slots=True)
class Rating:
    """One rater's value of an indicator and the stakeholder group the rater belongs to."""

    value: float
    group: str | None


@method("rater_aggregation", "mean")
def mean(ratings: Sequence[Rating]) -> float:
    """Return the mean over raters.

    >>> mean([Rating(50.0, None), Rating(100.0, "staff")])
    75.0
    """
    return arrays.mean(rating.value for rating in ratings)
