"""Aggregation: from the values of a node's children to the node's value.

Every function takes ``Children``, whose columns hold NaN where a child has no value, and returns a column. The caller
has made sure that at least one child with a positive weight is present wherever the result is used. Children come
sorted by code, so that the order of summation does not depend on the document.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps.models.engine.arrays import Array, Mask, divide, each, present, weigh
from apps.models.engine.model import Scale
from apps.models.engine.registry import choice, method, number


@dataclass(frozen=True, slots=True)
class Children:
    """The children of one node over all units: codes, columns and weights in the same order."""

    codes: Sequence[str]
    columns: Sequence[Array]
    weights: Sequence[float]
    critical: Sequence[bool]
    scale: Scale

    def present(self) -> list[Mask]:
        """Return, child by child, where there is a value."""
        return [present(column) for column in self.columns]


def total(columns: Sequence[Array]) -> Array:
    """Add columns one by one, counting what is not there as nothing."""
    result = np.zeros(len(columns[0]))
    for column in columns:
        result = result + np.where(np.isnan(column), 0.0, column)
    return result


def weight_present(children: Children) -> Array:
    """Return the sum of the weights of the children that have a value."""
    return total(weigh(children.present(), children.weights))


def smallest(children: Children) -> Array:
    """Return the smallest value of the children present with a weight."""
    return _extreme(children, np.fmin)


def largest(children: Children) -> Array:
    """Return the largest value of the children present with a weight."""
    return _extreme(children, np.fmax)


def _extreme(children: Children, pick: np.ufunc) -> Array:
    result: Array = np.full(len(children.columns[0]), np.nan)
    for column, weight in zip(children.columns, children.weights, strict=True):
        if weight > 0:
            result = pick(result, column)
    return result


def between(children: Children, values: Array) -> Array:
    """Keep a mean within its extremes: rounding must not push it over a neighbouring band's edge."""
    return np.clip(values, smallest(children), largest(children))


def mean_of(children: Children, columns: Sequence[Array]) -> Array:
    """Return the weighted arithmetic mean of ``columns`` with the weights of the children present."""
    return divide(total(weigh(columns, children.weights)), weight_present(children))


@method("aggregation", "arithmetic_mean")
def arithmetic_mean(children: Children) -> Array:
    """Return the weighted arithmetic mean: a low child is made up for by a high one."""
    return between(children, mean_of(children, children.columns))


ZERO_POLICY = {"zero": choice("error", "floor", default="error"), "floor": number(None, exclusiveMinimum=0)}


@method("aggregation", "geometric_mean", failure="not_positive", parameters=ZERO_POLICY)
def geometric_mean(children: Children, *, zero: str, floor: float | None) -> Array:
    """Return the weighted geometric mean exp(sum w ln y / sum w) (UNDP since 2010).

    A value of zero or less has no logarithm: with ``zero`` "error" the node has no value, with "floor" the value
    counts as ``floor``.
    """
    raised, refused = positive(children, zero, floor)
    logarithms = mean_of(children, [each(math.log, column) for column in raised.columns])
    return np.where(refused, np.nan, between(raised, each(math.exp, logarithms)))


def positive(children: Children, zero: str, floor: float | None) -> tuple[Children, Mask]:
    """Return the children fit for logarithms and quotients, and where the policy refuses to go on."""
    if zero == "floor" and floor is not None:
        columns = [np.where(column < floor, floor, column) for column in children.columns]
        raised = Children(children.codes, columns, children.weights, children.critical, children.scale)
        return raised, np.zeros(len(columns[0]), dtype=np.bool_)
    return children, ~(np.nan_to_num(smallest(children), nan=1.0) > 0.0)
