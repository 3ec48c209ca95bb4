"""Several raters' values of one indicator as one value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from resimate_engine import arrays, exact
from resimate_engine.registry import Parameter, choice, method, number
from resimate_text.identity import folded

UNCHANGED_ALONE: Final = frozenset({"mean", "median", "trimmed_mean"})  # a single rater's value is the unit's


class Rating(NamedTuple):
    """One rater's value of an indicator and the stakeholder group the rater belongs to."""

    value: float
    group: str | None


def _values(ratings: Sequence[Rating]) -> list[float]:
    return [rating.value for rating in ratings]


@method("rater_aggregation", "mean")
def mean(ratings: Sequence[Rating]) -> float | None:
    """Return the mean over raters.

    >>> mean([Rating(50.0, None), Rating(100.0, "staff")])
    75.0
    """
    return arrays.mean(_values(ratings))


@method("rater_aggregation", "median")
def median(ratings: Sequence[Rating]) -> float | None:
    """Return the median over raters."""
    return arrays.median(_values(ratings))


@method("rater_aggregation", "trimmed_mean", parameters={"share": number(minimum=0, exclusiveMaximum=0.5)})
def trimmed_mean(ratings: Sequence[Rating], *, share: float) -> float | None:
    """Return the mean without the floor(share * raters) lowest and as many of the highest (Tukey).

    >>> trimmed_mean([Rating(value, None) for value in (0.0, 50.0, 60.0, 70.0, 100.0)], share=0.2)
    60.0
    """
    ordered = sorted(_values(ratings))
    cut = math.floor(share * len(ordered))
    return arrays.mean(ordered[cut : len(ordered) - cut])


@method(
    "rater_aggregation",
    "by_group",
    parameters={
        "weights": Parameter(
            {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}, "minProperties": 1}
        ),
        "within": choice("mean", "median", default="mean"),
    },
)
def by_group(ratings: Sequence[Rating], *, weights: Mapping[str, float], within: str) -> float | None:
    """Return the weighted mean over groups of the mean (or median) in each, so that no group is drowned by another.

    Names of groups are compared on their normal form: case, blanks at the ends and what is invisible do not matter.
    Groups without a weight, and raters without a group, do not count; where nobody else has answered there is no value.
    """
    statistic = {"mean": arrays.mean, "median": arrays.median}[within]
    known = group_weights(tuple(weights.items()))
    members: dict[str, list[float]] = {}
    for rating in ratings:
        group = None if rating.group is None else normal(rating.group)
        if group is not None and known.get(group, 0) > 0:
            members.setdefault(group, []).append(rating.value)
    if not members:
        return None
    means = {group: statistic(values) for group, values in sorted(members.items())}
    return exact.mean(list(means.values()), [known[group] for group in means])


@lru_cache(maxsize=256)
def group_weights(weights: tuple[tuple[str, float], ...]) -> dict[str, float]:
    """Return the weights of groups by the normal form of their names; of two spellings the larger one counts."""
    return {normal(group): float(weight) for group, weight in sorted(weights, key=lambda item: item[1])}


normal: Final = lru_cache(maxsize=4096)(folded)
