"""Columns of numbers, and arithmetic on them whose bits depend neither on order nor on the processor.

A column is a float64 array with one entry a unit and NaN where there is no value. Sums over units go by rows, which
``units`` puts in the order of the ids; sums over children by columns, in the order of the children's codes; other sums,
as over raters, are exact (``math.fsum``). Logarithms, exponentials and powers are taken one by one with ``math``,
because NumPy's vector versions differ between processors in the last bit.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Rows: TypeAlias = npt.NDArray[np.intp]
Exponents: TypeAlias = npt.NDArray[np.intc]

HUGE: Final = 1e100  # beyond it squares, sums and products would leave the doubles
SAFE: Final = 1e9  # spreads from a billionth of the mean, or of 1, up to a billion need no care
#: Of a sum: what is left where its parts cancel out comes from rounding, as in 0.1 + 0.2 - 0.3.
LEVEL: Final = 1e-12
SAFE_EXPONENT: Final = 128
LARGEST_EXPONENT: Final = 1000


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
    """Return the quotient, without a value where it or what it is divided by is not finite.

    >>> divide(np.array([1.0, 1.0, 1.0]), np.array([4.0, 0.0, np.inf])).tolist()
    [0.25, nan, nan]
    """
    if isinstance(denominator, float):
        by: Array | float = denominator if math.isfinite(denominator) else math.nan
    else:
        by = np.where(np.isfinite(denominator), denominator, np.nan)
    with np.errstate(all="ignore"):
        quotient = numerator / np.float64(by)
    return finite(quotient)


def finite(values: Array) -> Array:
    """Return the values with infinities turned into no value."""
    there = np.isfinite(values)
    return values if there.all() else np.where(there, values, np.nan)


def mean(values: Iterable[float]) -> float:
    """Return the mean by an exact sum, kept between the extremes that rounding may otherwise leave.

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


def means(columns: Array) -> Array:
    """Return the mean over rows, the last axis, kept between the extremes that rounding may otherwise leave.

    >>> means(np.array([[1.0, 2.0], [1e308, 1.7e308]])).tolist()
    [1.5, 1.35e+308]
    """
    with np.errstate(over="ignore", invalid="ignore"):
        centre = columns.mean(axis=-1)
    if not np.isfinite(centre).all():
        centre = np.where(np.isfinite(centre), centre, (columns / 2.0**64).mean(axis=-1) * 2.0**64)
    return np.asarray(np.clip(centre, columns.min(axis=-1), columns.max(axis=-1)))


def deviations(columns: Array) -> tuple[Array, Exponents]:
    """Return distances from the mean over rows, and the exponent of the power of two that they are divided by.

    It is other than 0 only where the fourth powers of the distances would leave the doubles. Distances that leave the
    doubles themselves are NaN.

    >>> distances, exponent = deviations(np.array([0.0, 2.0**1000]))
    >>> distances.tolist(), int(exponent)
    ([-0.5, 0.5], 1000)
    """
    with np.errstate(over="ignore"):
        apart = columns - means(columns)[..., np.newaxis]
    largest = np.maximum(apart.max(axis=-1), -apart.min(axis=-1))
    apart[~np.isfinite(largest)] = np.nan
    exponent = np.frexp(finite(largest))[1].clip(-LARGEST_EXPONENT, LARGEST_EXPONENT)
    exponent = np.where(np.abs(exponent) > SAFE_EXPONENT, exponent, 0)
    if exponent.any():
        apart *= np.ldexp(1.0, -exponent)[..., np.newaxis]
    return apart, exponent


def variance(columns: Array) -> Array:
    """Return the sample variance over rows (n - 1); NaN below two rows or beyond the doubles.

    >>> float(variance(np.array([2.0, 4.0, 6.0])))
    4.0
    """
    square, exponent = _mean_square(columns)
    return _times_two_to(square, 2 * exponent)


def standard_deviation(columns: Array) -> Array:
    """Return the sample standard deviation over rows (n - 1); NaN below two rows or beyond the doubles.

    >>> float(standard_deviation(np.array([2.0, 4.0, 6.0])))
    2.0
    """
    if columns.shape[-1] > 1:
        with np.errstate(over="ignore", invalid="ignore"):
            centre = columns.mean(axis=-1)
            found = columns.std(axis=-1, ddof=1, mean=centre[..., np.newaxis])
        if ((found > np.maximum(np.abs(centre), 1.0) / SAFE) & (found < SAFE)).all():
            return np.asarray(found)
    square, exponent = _mean_square(columns)  # the same, also where squares leave the doubles or nothing varies
    return _times_two_to(np.sqrt(square), exponent)


def _mean_square(columns: Array) -> tuple[Array, Exponents]:
    """Return the sum of squared deviations by n - 1, over a power of four, and the exponent of its root."""
    if columns.shape[-1] < 2:
        return np.full(columns.shape[:-1], np.nan), np.zeros(columns.shape[:-1], dtype=np.intc)
    apart, exponent = deviations(columns)
    return np.square(apart, out=apart).sum(axis=-1) / (columns.shape[-1] - 1), exponent


def _times_two_to(values: Array, exponent: Exponents) -> Array:
    with np.errstate(over="ignore"):
        return finite(np.ldexp(values, exponent))


def weigh(columns: Iterable[Array | Mask], weights: Iterable[float]) -> list[Array]:
    """Return every column times its weight."""
    return [np.asarray(column * weight, dtype=np.float64) for column, weight in zip(columns, weights, strict=True)]


def share(part: Array, whole: Array) -> Array:
    """Return part by whole, NaN where the whole is nothing."""
    result = empty(len(whole))
    np.divide(part, whole, out=result, where=whole > 0)
    return result
