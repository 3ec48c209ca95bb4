"""Aggregation: from the values of a node's children to the node's value.

Every function takes ``Children``, whose columns hold NaN where a child has no value, and returns a column. The caller
uses the result only where at least one child with a positive weight is present; NaN there says that the method is
not defined on these values. Children come sorted by code, so that the order of summation does not depend on the
document. Sources: OECD/JRC Handbook (2008), step 7; Grabisch et al., Aggregation Functions (2009).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Final

import numpy as np

from resimate_engine import exact
from resimate_engine.arrays import Array, Mask, divide, each, present, weigh
from resimate_engine.model import Scale
from resimate_engine.registry import choice, flag, method, number, numbers


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

    def ratios(self) -> list[float]:
        """Return the weights over a power of two, so that what is multiplied by them neither vanishes nor overflows."""
        _, exponent = math.frexp(max(self.weights))
        return [math.ldexp(weight, -exponent) for weight in self.weights]

    def counted(self) -> list[Array]:
        """Return the columns of the children that have a weight."""
        return [column for column, weight in zip(self.columns, self.weights, strict=True) if weight > 0]


def total(columns: Sequence[Array]) -> Array:
    """Add columns one by one, counting what is not there as nothing."""
    result = np.zeros(len(columns[0]))
    for column in columns:
        result = result + np.where(np.isnan(column), 0.0, column)
    return result


def weight_present(children: Children) -> Array:
    """Return the sum of the ratios of the children that have a value."""
    return total(weigh(children.present(), children.ratios()))


def smallest(children: Children) -> Array:
    """Return the smallest value of the children present with a weight."""
    return _extreme(children, np.fmin)


def largest(children: Children) -> Array:
    """Return the largest value of the children present with a weight."""
    return _extreme(children, np.fmax)


def _extreme(children: Children, pick: np.ufunc) -> Array:
    result: Array = np.full(len(children.columns[0]), np.nan)
    for column in children.counted():
        result = pick(result, column)
    return result


def between(children: Children, values: Array) -> Array:
    """Keep a mean within its extremes: rounding must not push it over a neighbouring band's edge."""
    return np.clip(values, smallest(children), largest(children))


def mean_of(children: Children, columns: Sequence[Array]) -> Array:
    """Return the weighted arithmetic mean of ``columns`` with the weights of the children present."""
    weights = exact.ratios(tuple(children.weights))
    if weights is None:
        return _mean_by_ratios(children, columns)
    means = _exact_mean(columns, weights)
    if np.isnan(means).any():  # nothing is there, or what is there is huge
        means = np.where(np.isnan(means), _mean_by_ratios(children, columns), means)
    return means


def _exact_mean(columns: Sequence[Array], weights: Sequence[int]) -> Array:
    """Return the doubles next to the true means, which are never beyond the extremes; NaN where there is none."""
    counted = [column for column, weight in zip(columns, weights, strict=True) if weight]
    weights = [weight for weight in weights if weight]
    whole: Array | float = float(sum(weights))
    low, high = reduce(np.minimum, counted), reduce(np.maximum, counted)
    if np.isnan(low).any():
        whole = total(weigh([present(column) for column in counted], weights))
        counted = [np.where(np.isnan(column), 0.0, column) for column in counted]
        low, high = reduce(np.minimum, counted), reduce(np.maximum, counted)
    with np.errstate(all="ignore"):
        return exact.sums(counted, weights, low, high).over(whole)


def _mean_by_ratios(children: Children, columns: Sequence[Array]) -> Array:
    ratios = children.ratios()
    everything = np.zeros(len(columns[0]))
    for column, ratio in zip(columns, ratios, strict=True):
        everything += column * ratio
    if not np.isnan(everything).any():  # nothing is missing: the same steps without looking for gaps
        return divide(everything, reduce(add, ratios, 0.0))
    return divide(total(weigh(columns, ratios)), weight_present(children))


def through(children: Children, function: Callable[[float], float]) -> tuple[Children, Mask]:
    """Apply ``function`` to every value; also return where it is not defined for a child with a weight."""
    columns = [each(function, column) for column in children.columns]
    lost = np.zeros(len(columns[0]), dtype=np.bool_)
    for before, after, weight in zip(children.columns, columns, children.weights, strict=True):
        if weight > 0:
            lost |= present(before) & np.isnan(after)
    return replace(children, columns=columns), lost


def quasi_mean(children: Children, forth: Callable[[float], float], back: Callable[[float], float]) -> Array:
    """Return back(sum w forth(y) / sum w), kept between the extremes; NaN where either is not defined."""
    mapped, lost = through(children, forth)
    values = between(children, each(back, mean_of(mapped, mapped.columns)))
    return np.where(lost, np.nan, values)


@method("aggregation", "arithmetic_mean")
def arithmetic_mean(children: Children) -> Array:
    """Return the weighted arithmetic mean: a low child is made up for by a high one."""
    means = mean_of(children, children.columns)
    return means if exact.ratios(tuple(children.weights)) else between(children, means)


NEARLY_ZERO: Final = 1e-3
ZERO_POLICY = {"zero": choice("error", "floor", default="error"), "floor": number(None, exclusiveMinimum=0)}


@method("aggregation", "geometric_mean", failure="not_positive", parameters=ZERO_POLICY)
def geometric_mean(children: Children, *, zero: str, floor: float | None) -> Array:
    """Return the weighted geometric mean exp(sum w ln y / sum w) (UNDP since 2010).

    A value of zero or less has no logarithm: with ``zero`` "error" the node has no value, with "floor" the value
    counts as ``floor``.
    """
    return quasi_mean(raised(children, zero, floor), math.log, math.exp)


@method("aggregation", "harmonic_mean", failure="not_positive", parameters=ZERO_POLICY)
def harmonic_mean(children: Children, *, zero: str, floor: float | None) -> Array:
    """Return the weighted harmonic mean sum w / sum (w / y), with the geometric mean's policy for zero."""
    return quasi_mean(raised(children, zero, floor), _inverse, _inverse)


def _inverse(value: float) -> float:
    return 1.0 / value if value > 0 else math.nan


def raised(children: Children, zero: str, floor: float | None) -> Children:
    """Return the children with values below ``floor`` raised to it if the policy for ``zero`` says so."""
    if zero != "floor" or floor is None:
        return children
    return replace(children, columns=[np.where(column < floor, floor, column) for column in children.columns])


@method("aggregation", "power_mean", failure="not_positive", parameters={"exponent": number(minimum=-100, maximum=100)})
def power_mean(children: Children, *, exponent: float) -> Array:
    """Return (sum w y^p / sum w)^(1/p); at exponent 0 its limit, the geometric mean.

    Not defined for negative values, nor for zero when the exponent is not positive.
    """
    if exponent == 0:
        return quasi_mean(children, math.log, math.exp)
    if exponent == 1:
        return np.where(smallest(children) < 0, np.nan, arithmetic_mean(children))
    # By a power of two next to the value that counts most, so that no power that counts leaves the doubles.
    unit = np.ldexp(1.0, np.frexp(largest(children) if exponent > 0 else smallest(children))[1] - 1)
    scaled = replace(children, columns=[column / unit for column in children.columns])
    if abs(exponent) < NEARLY_ZERO:
        means = quasi_mean(scaled, lambda value: _gain(value, exponent), lambda gain: _regained(gain, exponent))
    else:
        means = quasi_mean(scaled, lambda value: _power(value, exponent), lambda value: math.pow(value, 1.0 / exponent))
    return np.asarray(means * unit, dtype=np.float64)


def _power(value: float, exponent: float) -> float:
    return math.pow(value, exponent) if value >= 0 else math.nan


def _gain(value: float, exponent: float) -> float:
    """Return y^p - 1: where powers are all next to one, only their distance from it has digits."""
    return math.expm1(exponent * math.log(value)) if value > 0 else _power(value, exponent) - 1.0


def _regained(gain: float, exponent: float) -> float:
    return math.exp(math.log1p(gain) / exponent) if gain > -1 else 0.0


@method("aggregation", "median")
def median(children: Children) -> Array:
    """Return the median of the children present, whatever their positive weights."""
    columns = children.counted()
    ordered = np.sort(np.stack(columns), axis=0)  # NaN sorts last
    count = present(ordered).sum(axis=0)
    rows = np.arange(ordered.shape[1])
    lower, upper = ordered[np.maximum(count - 1, 0) // 2, rows], ordered[np.minimum(count // 2, len(columns) - 1), rows]
    return np.asarray(lower + (upper - lower) / 2.0, dtype=np.float64)


@method("aggregation", "min")
def minimum(children: Children) -> Array:
    """Return the smallest child: nothing is made up for."""
    return smallest(children)


@method("aggregation", "max")
def maximum(children: Children) -> Array:
    """Return the largest child."""
    return largest(children)


def _exact_sum(children: Children) -> Array:
    """Return the doubles next to the true sums of what is present; NaN where weights or values allow none."""
    weights = exact.written(tuple(children.weights))
    if weights is None:
        return np.full(len(children.columns[0]), np.nan)
    filled = [np.where(np.isnan(column), 0.0, column) for column in children.columns]
    low, high = reduce(np.minimum, filled), reduce(np.maximum, filled)
    with np.errstate(all="ignore"):
        return exact.sums(filled, weights.numbers, low, high).over(float(weights.by))


@method("aggregation", "sum", parameters={"rescale": flag(False)})
def weighted_sum(children: Children, *, rescale: bool) -> Array:
    """Return sum w y of what is present (as in BRIC); ``rescale`` makes up for the weight of what is missing."""
    values = _exact_sum(children)
    if np.isnan(values).any():
        values = np.where(np.isnan(values), total(weigh(children.columns, children.weights)), values)
    if not rescale:
        return values
    return divide(values * math.fsum(children.ratios()), weight_present(children))


@method("aggregation", "product")
def product(children: Children) -> Array:
    """Return the product of y^w of what is present (hazard times exposure times vulnerability)."""
    result = np.ones(len(children.columns[0]))
    for column, weight in zip(children.columns, children.weights, strict=True):
        factor = column if weight == 1 else each(lambda value, power=weight: math.pow(value, power), column)  # type: ignore[misc]  # NumPy takes it
        result = result * np.where(np.isnan(column), 1.0, factor)
    return result


@method("aggregation", "owa", parameters={"weights": numbers(minimum=0)})
def ordered_weighted_average(children: Children, *, weights: Sequence[float]) -> Array:
    """Return sum v_j y_(j) / sum v_j over the children present from the best down (Yager, 1988).

    The weights belong to places, not to children; with fewer children present the last places are left out.
    """
    ordered = [-column for column in np.sort(np.stack([-column for column in children.counted()]), axis=0)]
    places = list(weights)[: len(ordered)]
    shares = replace(children, columns=ordered[: len(places)], weights=places)
    return between(children, mean_of(shares, shares.columns))


@method("aggregation", "min_penalised", parameters={"lambda": number(minimum=0, maximum=1)})
def min_penalised(children: Children, *, lambda_: float) -> Array:
    """Return lambda times the arithmetic mean plus (1 - lambda) times the smallest child."""
    parts = [arithmetic_mean(children), smallest(children)]
    weights = [lambda_, float(1 - exact.fraction(lambda_))]
    both = replace(children, columns=parts, weights=weights, codes=[""] * 2, critical=[False] * 2)
    return between(children, mean_of(both, parts))


@method("aggregation", "gated", parameters={"threshold": number(), "cap": number()})
def gated(children: Children, *, threshold: float, cap: float) -> Array:
    """Return the arithmetic mean, at most ``cap`` where a child marked critical is below ``threshold``."""
    mean = arithmetic_mean(children)
    shut = np.zeros(len(mean), dtype=np.bool_)
    for column, critical in zip(children.columns, children.critical, strict=True):
        if critical:
            shut |= column < threshold
    return np.where(shut, np.minimum(mean, cap), mean)


@method("aggregation", "maturity", parameters={"threshold": number()})
def maturity(children: Children, *, threshold: float) -> Array:
    """Return the maturity level: how many levels are met from the first on (CERT-RMM's capability levels).

    The children are the levels in the order of their codes; a level is met from ``threshold`` on, and one that is
    missing is not.
    """
    level = np.zeros(len(children.columns[0]))
    standing = np.ones(len(level), dtype=np.bool_)
    for column in children.counted():
        standing &= column >= threshold
        level += standing
    return level
