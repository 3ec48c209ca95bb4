"""What to put where a value is missing. "Not applicable" is not missing, and is never filled in.

Every function takes a column and its ``Surroundings`` and returns a column to take the missing values from; NaN
leaves the gap. ``LATE`` methods work on scores, all others of an indicator on its measured values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from resimate_engine import arrays
from resimate_engine.arrays import Array, known
from resimate_engine.raters import normal
from resimate_engine.registry import method, number

LATE: Final = frozenset({"sibling_mean", "worst", "best"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a column stands: the first ``basis`` rows are those that means are taken of.

    ``previous`` holds earlier observations, ``siblings`` the mean of each unit's other children, ``low`` and
    ``high`` the worst and the best score there can be.
    """

    basis: int
    groups: Sequence[str | None]
    previous: Array
    siblings: Array
    low: float
    high: float


@method("missing", "skip")
def skip(column: Array, around: Surroundings) -> Array:
    """Leave the gap: the weights of the siblings are renormalised."""
    return column


@method("missing", "constant", parameters={"value": number()})
def constant(column: Array, around: Surroundings, *, value: float) -> Array:
    """Fill in ``value``."""
    return np.full_like(column, value)


@method("missing", "mean", relative=True)
def mean(column: Array, around: Surroundings) -> Array:
    """Fill in the mean over units."""
    return _statistic(column, around, arrays.mean)


@method("missing", "median", relative=True)
def median(column: Array, around: Surroundings) -> Array:
    """Fill in the median over units."""
    return _statistic(column, around, arrays.median)


@method("missing", "group_mean", relative=True)
def group_mean(column: Array, around: Surroundings) -> Array:
    """Fill in the mean over units of the same group."""
    return _group_statistic(column, around, arrays.mean)


@method("missing", "group_median", relative=True)
def group_median(column: Array, around: Surroundings) -> Array:
    """Fill in the median over units of the same group."""
    return _group_statistic(column, around, arrays.median)


@method("missing", "sibling_mean")
def sibling_mean(column: Array, around: Surroundings) -> Array:
    """Fill in the weighted mean of the unit's other children."""
    return around.siblings


@method("missing", "last_observation")
def last_observation(column: Array, around: Surroundings) -> Array:
    """Fill in the unit's earlier observation, as ``previous`` gives it."""
    return around.previous


@method("missing", "worst")
def worst(column: Array, around: Surroundings) -> Array:
    """Fill in the worst score there can be."""
    return np.full_like(column, around.low)


@method("missing", "best")
def best(column: Array, around: Surroundings) -> Array:
    """Fill in the best score there can be."""
    return np.full_like(column, around.high)


def _statistic(column: Array, around: Surroundings, statistic: Callable[[Sequence[float]], float]) -> Array:
    values = known(column[: around.basis]).tolist()
    return np.full_like(column, statistic(values) if values else np.nan)


def _group_statistic(column: Array, around: Surroundings, statistic: Callable[[Sequence[float]], float]) -> Array:
    members: dict[str, list[float]] = {}
    groups = [None if group is None else normal(group) for group in around.groups]
    for group, value in zip(groups, column[: around.basis].tolist(), strict=False):
        if group is not None and not np.isnan(value):
            members.setdefault(group, []).append(value)
    found = {group: statistic(values) for group, values in members.items()}
    return np.array([np.nan if group is None else found.get(group, np.nan) for group in groups])
