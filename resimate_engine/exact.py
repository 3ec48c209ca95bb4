"""Weighted means and sums as a person with a pencil takes them: the double next to the quotient of exact decimals.

Weights are the decimals that somebody wrote, so 0.1 is a tenth; as whole numbers in the same ratios they are exact.
Each value is cut in two at a place that all values of its row share: the upper parts add up without any error, the
lower ones are too small for theirs to show (error-free vector transformation: Rump, Ogita and Oishi, SIAM J. Sci.
Comput. 31, 2008). Every row is by itself: its bits depend on no other row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

import numpy as np

from resimate_engine.arrays import Array

LARGEST: Final = 2**32  # of all weights together, as whole numbers
DIGITS: Final = 13  # what is longer was calculated, and nobody wrote it
SAFE: Final = 2.0**900
SPLIT: Final = 2.0**27 + 1
HELD: Final = 2.0**53
PLACES: Final = 6


def fraction(value: float) -> Fraction:
    """Return the number that was written: the shortest decimal that reads back as this double.

    >>> fraction(0.1), fraction(2.0)
    (Fraction(1, 10), Fraction(2, 1))
    """
    return Fraction(Decimal(repr(value)))


@dataclass(frozen=True, slots=True)
class Whole:
    """Weights as whole numbers: each is a weight times ``by``."""

    numbers: tuple[int, ...]
    by: int


@lru_cache(maxsize=1024)
def written(weights: tuple[float, ...]) -> Whole | None:
    """Return weights as small whole numbers; None where they were not written but calculated.

    >>> written((0.1, 0.25))
    Whole(numbers=(2, 5), by=20)
    """
    if any(len(repr(weight)) > DIGITS for weight in weights):
        return None
    parts = [fraction(weight) for weight in weights]
    by = math.lcm(*(part.denominator for part in parts))
    numbers = tuple(int(part * by) for part in parts)
    return Whole(numbers, by) if 0 < sum(numbers) <= LARGEST and by <= LARGEST else None


@lru_cache(maxsize=1024)
def ratios(weights: tuple[float, ...]) -> tuple[int, ...] | None:
    """Return the smallest whole numbers in the ratios of weights that were written, or are all equal.

    >>> ratios((0.1, 0.2)), ratios((0.5, 0.0, 2.0)), ratios((1 / 3, 1 / 3)), ratios((1 / 3, 2 / 3))
    ((1, 2), (1, 0, 4), (1, 1), None)
    """
    if len(set(weights)) == 1 and weights[0] > 0:
        return (1,) * len(weights)
    found = written(weights)
    if found is None:
        return None
    common = math.gcd(*found.numbers)
    return tuple(number // common for number in found.numbers)


def mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """Return the double next to the weighted mean of a few values.

    >>> mean([30.0, 60.0], [0.1, 0.2])
    50.0
    """
    numbers = ratios(tuple(weights))
    parts = [Fraction(number) for number in numbers] if numbers else list(map(Fraction, weights))
    weighed = sum(part * Fraction(value) for part, value in zip(parts, values, strict=True))
    return float(weighed / sum(parts))


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of a number of weights times values, ``upper`` and ``lower`` together; NaN where they would overflow."""

    upper: Array
    lower: Array

    def over(self, divisor: Array | float) -> Array:
        """Return the double next to the quotient; the divisor is a whole number."""
        quotient = self.upper / divisor
        product, rest = _product(quotient, divisor)
        left = (self.upper - product) - rest + self.lower
        found: Array = quotient + left / divisor
        return np.where(np.isfinite(left), found, quotient)


def sums(columns: Sequence[Array], weights: Sequence[int], low: Array, high: Array) -> Sums:
    """Return the sums of whole weights times values. Every value of a row is between its ``low`` and its ``high``."""
    size = np.maximum(np.abs(low), np.abs(high))
    cut = np.ldexp(1.5, np.frexp(np.where(size < SAFE, size, np.nan))[1] + 1 + sum(weights).bit_length())
    cut = np.where(size < SAFE, cut, np.nan)
    upper, lower = np.zeros(len(size)), np.zeros(len(size))
    for weight in sorted({*weights} - {0}):
        above, below = _parts([column for column, own in zip(columns, weights, strict=True) if own == weight], cut)
        upper += above * weight
        lower += below * weight
    whole_sum = upper + lower
    back = whole_sum - upper
    return Sums(whole_sum, (upper - (whole_sum - back)) + (lower - back))


def _parts(columns: Sequence[Array], cut: Array) -> tuple[Array, Array]:
    """Return the sums of columns above and below the last place of ``cut``, the former without any error."""
    reached, lower = cut + columns[0], np.zeros(len(cut))
    step = reached - cut
    np.subtract(columns[0], step, out=lower)
    following = np.empty_like(reached)
    for column in columns[1:]:
        np.add(reached, column, out=following)
        np.subtract(following, reached, out=step)
        np.subtract(column, step, out=step)
        lower += step
        reached, following = following, reached
    return reached - cut, lower


def _product(one: Array, other: Array | float) -> tuple[Array, Array]:
    """Return a product and what its rounding took away (Dekker)."""
    product = one * other
    one_upper, one_lower = _halves(one)
    upper, lower = _halves(np.asarray(other, dtype=np.float64))
    rest = one_lower * lower - (((product - one_upper * upper) - one_lower * upper) - one_upper * lower)
    return product, rest


def _halves(values: Array) -> tuple[Array, Array]:
    scaled = SPLIT * values
    upper = scaled - (scaled - values)
    return upper, values - upper


def interpolated(values: Array, low: float, high: float, first: float, last: float) -> Array:
    """Return as far from ``first`` to ``last`` as decimals are from ``low`` to ``high``; exact until it is rounded.

    NaN where one of the numbers has more than ``PLACES`` decimals, or so many digits that products leave the whole
    numbers which doubles hold.

    >>> interpolated(np.array([0.3, 1 / 3]), 0.1, 0.5, 0.0, 100.0).tolist()
    [50.0, nan]
    """
    unit = float(10**PLACES)
    ends = [_in_units(end, unit) for end in (low, high)]
    scale = [_in_units(end, 1.0) for end in (first, last)]
    way, width = ends[1] - ends[0], scale[1] - scale[0]
    if math.isnan(way) or math.isnan(width) or not way:
        return np.full(len(values), np.nan)
    with np.errstate(all="ignore"):
        inside = np.rint(values * unit)
        inside = np.where(inside / unit == values, inside - ends[0], np.nan)
        reached = scale[0] * way + inside * width
        return np.where(np.abs(inside * width) + abs(scale[0] * way) < HELD, reached / way, np.nan)


def _in_units(value: float, unit: float) -> float:
    """Return a decimal as a whole number of units; NaN where it is none."""
    whole = float(round(value * unit)) if abs(value) * unit < HELD else math.nan
    return whole if whole / unit == value else math.nan
