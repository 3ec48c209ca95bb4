"""Columns of numbers, and arithmetic on them whose bits depend neither on order nor on the processor.

A column is a float64 array with one entry a unit and NaN where there is no value. Sums over units are exact
(``math.fsum``, ``exact_sum``), so rows may come in any order. Sums over children add column to column in the order of
the children's codes. Logarithms, exponentials and powers are taken one by one with ``math``, because NumPy's vector
versions differ between processors in the last bit.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

WORTH_SPLITTING: Final = 100
SPLITS: Final = 3


def empty(rows: int) -> Array:
    """Return a column without any value."""
    return np.full(rows, np.nan)


def present(values: Array) -> Mask:
    """Return where there is a value."""
    return ~np.isnan(values)


def known(values: Array) -> Array:
    """Return the values that are there."""
    return values[~np.isnan(values)]


def each(function: Callable[[float], float], values: Array) -> Array:
    """Apply a scalar function to every value; where it has no finite result there is no value.

    >>> each(math.log, np.array([1.0, 0.0, np.nan])).tolist()
    [0.0, nan, nan]
    """
    numbers = values.tolist()
    try:
        found = list(map(function, numbers))
    except (ValueError, OverflowError, ZeroDivisionError):
        found = [_attempt(function, number) for number in numbers]
    return finite(np.array(found, dtype=np.float64))


def _attempt(function: Callable[[float], float], value: float) -> float:
    try:
        return function(value)
    except (ValueError, OverflowError, ZeroDivisionError):
        return math.nan


def divide(numerator: Array, denominator: Array | float) -> Array:
    """Return the quotient, without a value where it is not finite.

    >>> divide(np.array([1.0, 1.0]), np.array([4.0, 0.0])).tolist()
    [0.25, nan]
    """
    with np.errstate(all="ignore"):
        quotient = numerator / denominator
    return finite(quotient)


def finite(values: Array) -> Array:
    """Return the values with infinities turned into no value."""
    there = np.isfinite(values)
    return values if there.all() else np.where(there, values, np.nan)


def exact_sum(values: Sequence[float] | Array) -> float:
    """Return what ``math.fsum`` returns, of long arrays several times as fast: the exact sum, rounded once.

    Values are split at a power of two so large that their upper parts add up without rounding in any order, and what
    is left of them again (Rump, Ogita and Oishi, Accurate floating-point summation, 2008).

    >>> exact_sum(np.array([1e16, 1.0, -1e16] * 100))
    100.0
    """
    if not isinstance(values, np.ndarray) or values.size < WORTH_SPLITTING:
        return math.fsum(values)
    largest = float(np.abs(values).max())
    room = values.size.bit_length() + 1
    if not 0 < largest < math.ldexp(1.0, 1022 - room):
        return math.fsum(values.tolist())
    edge = math.ldexp(1.0, math.frexp(largest)[1] + room)
    parts = []
    for _ in range(SPLITS):
        upper = (values + edge) - edge
        parts.append(float(upper.sum()))
        values = values - upper
        if not values.any():
            return math.fsum(parts)
        edge *= 2.0 ** (room - 53)
    return math.fsum([*parts, *values.tolist()])


def mean(values: Iterable[float] | Array) -> float:
    """Return the exact-sum mean, kept between the extremes that rounding may otherwise leave.

    >>> mean([0.1, 0.1, 0.1])
    0.1
    """
    if isinstance(values, np.ndarray):
        return _between(exact_mean(values), float(values.min()), float(values.max()))
    numbers = list(values)
    try:
        centre = math.fsum(numbers) / len(numbers)
    except OverflowError:
        centre = exact_mean(np.array(numbers))
    return _between(centre, min(numbers), max(numbers))


def exact_mean(values: Array) -> float:
    """Return the exact sum by the number of values, also where the sum is beyond the doubles."""
    try:
        return exact_sum(values) / values.size
    except OverflowError:
        return exact_sum(values / 2.0**64) / values.size * 2.0**64


def _between(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def median(values: Iterable[float]) -> float:
    """Return the median.

    >>> median([3.0, 1.0, 2.0, 10.0])
    2.5
    """
    return float(statistics.median(values))


def deviations(values: Sequence[float] | Array) -> tuple[Array, int]:
    """Return distances from the mean over a power of two, so that their powers stay finite, and its exponent.

    They are NaN where the distances themselves are beyond the doubles.

    >>> distances, exponent = deviations([0.0, 6.0])
    >>> distances.tolist(), exponent
    ([-0.75, 0.75], 2)
    """
    numbers = np.asarray(values, dtype=np.float64)
    with np.errstate(over="ignore"):
        apart = numbers - mean(numbers)
    largest = float(np.abs(apart).max())
    if not math.isfinite(largest):
        return empty(apart.size), 0
    exponent = math.frexp(largest)[1]
    return np.ldexp(apart, -exponent), exponent


def variance(values: Sequence[float] | Array) -> float:
    """Return the sample variance (n - 1); NaN below two values or beyond the doubles.

    >>> variance([2.0, 4.0, 6.0])
    4.0
    """
    square, exponent = _mean_square(values)
    return _shifted(_shifted(square, exponent), exponent)


def standard_deviation(values: Sequence[float] | Array) -> float:
    """Return the sample standard deviation (n - 1); NaN below two values or beyond the doubles.

    >>> standard_deviation([2.0, 4.0, 6.0])
    2.0
    """
    square, exponent = _mean_square(values)
    return _shifted(math.sqrt(square), exponent)


def _shifted(value: float, exponent: int) -> float:
    """Return value times two to the exponent, in two steps that are both powers a double can hold; NaN beyond."""
    half = exponent // 2
    found = value * 2.0**half * 2.0 ** (exponent - half)
    return found if math.isfinite(found) else math.nan


def _mean_square(values: Sequence[float] | Array) -> tuple[float, int]:
    """Return the sum of squared deviations by n - 1, over a power of four, and the exponent of its root."""
    if len(values) < 2:
        return math.nan, 0
    apart, exponent = deviations(values)
    return exact_sum(apart * apart) / (len(apart) - 1), exponent


def weigh(columns: Iterable[Array | Mask], weights: Iterable[float]) -> list[Array]:
    """Return every column times its weight."""
    return [np.asarray(column * weight, dtype=np.float64) for column, weight in zip(columns, weights, strict=True)]


def share(part: Array, whole: Array) -> Array:
    """Return part by whole, NaN where the whole is nothing."""
    result = empty(len(whole))
    np.divide(part, whole, out=result, where=whole > 0)
    return result
