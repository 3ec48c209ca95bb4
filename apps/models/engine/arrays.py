"""Columns of numbers, and arithmetic on them whose bits depend neither on order nor on the processor.

A column is a float64 array with one entry a unit and NaN where there is no value. Sums over units are exact
(``math.fsum``), so rows may come in any order. Sums over children add column to column in the order of the
children's codes. Logarithms, exponentials and powers are taken one by one with ``math``, because NumPy's
vector versions differ between processors in the last bit.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]


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
    return np.array([_attempt(function, value) for value in values.tolist()], dtype=np.float64)


def _attempt(function: Callable[[float], float], value: float) -> float:
    try:
        result = function(value)
    except (ValueError, OverflowError, ZeroDivisionError):
        return math.nan
    return result if math.isfinite(result) else math.nan


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
    return np.where(np.isfinite(values), values, np.nan)


def mean(values: Iterable[float]) -> float:
    """Return the exact-sum mean, kept between the extremes that rounding may otherwise leave.

    >>> mean([0.1, 0.1, 0.1])
    0.1
    """
    numbers = list(values)
    try:
        centre = math.fsum(numbers) / len(numbers)
    except OverflowError:
        centre = math.fsum(number / 2.0**64 for number in numbers) / len(numbers) * 2.0**64
    return min(max(centre, min(numbers)), max(numbers))


def median(values: Iterable[float]) -> float:
    """Return the median.

    >>> median([3.0, 1.0, 2.0, 10.0])
    2.5
    """
    return float(statistics.median(values))


def deviations(values: Iterable[float]) -> tuple[list[float], int]:
    """Return distances from the mean over a power of two, so that their powers stay finite, and its exponent.

    They are NaN where the distances themselves are beyond the doubles.

    >>> deviations([0.0, 6.0])
    ([-0.75, 0.75], 2)
    """
    numbers = list(values)
    centre = mean(numbers)
    apart = [number - centre for number in numbers]
    largest = max(map(abs, apart))
    if not math.isfinite(largest):
        return [math.nan] * len(apart), 0
    exponent = math.frexp(largest)[1]
    return [math.ldexp(distance, -exponent) for distance in apart], exponent


def variance(values: Iterable[float]) -> float:
    """Return the sample variance (n - 1); NaN below two values or beyond the doubles.

    >>> variance([2.0, 4.0, 6.0])
    4.0
    """
    square, exponent = _mean_square(list(values))
    return _shifted(_shifted(square, exponent), exponent)


def standard_deviation(values: Iterable[float]) -> float:
    """Return the sample standard deviation (n - 1); NaN below two values or beyond the doubles.

    >>> standard_deviation([2.0, 4.0, 6.0])
    2.0
    """
    square, exponent = _mean_square(list(values))
    return _shifted(math.sqrt(square), exponent)


def _shifted(value: float, exponent: int) -> float:
    """Return value times two to the exponent, in two steps that are both powers a double can hold; NaN beyond."""
    half = exponent // 2
    found = value * 2.0**half * 2.0 ** (exponent - half)
    return found if math.isfinite(found) else math.nan


def _mean_square(values: Sequence[float]) -> tuple[float, int]:
    """Return the sum of squared deviations by n - 1, over a power of four, and the exponent of its root."""
    if len(values) < 2:
        return math.nan, 0
    apart, exponent = deviations(values)
    return math.fsum(distance * distance for distance in apart) / (len(apart) - 1), exponent


def weigh(columns: Iterable[Array | Mask], weights: Iterable[float]) -> list[Array]:
    """Return every column times its weight."""
    return [np.asarray(column * weight, dtype=np.float64) for column, weight in zip(columns, weights, strict=True)]


def share(part: Array, whole: Array) -> Array:
    """Return part by whole, NaN where the whole is nothing."""
    result = empty(len(whole))
    np.divide(part, whole, out=result, where=whole > 0)
    return result
