"""Treatment of outliers, on the values before they are transformed.

Every function takes a column and the population that decides how to treat it, both in the input's own unit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from resimate_engine import arrays
from resimate_engine.arrays import Array, each
from resimate_engine.registry import Parameter, choice, method, number


@method("treatment", "none")
def untreated(column: Array, population: Array) -> Array:
    """Return the values as they are."""
    return column


@dataclass(frozen=True, slots=True)
class Shape:
    """Skewness and excess kurtosis of a sample; NaN where they are not defined."""

    skew: float
    kurtosis: float

    def passes(self, skew: float, kurtosis: float) -> bool:
        """Whether the sample has no outliers to speak of: what is not defined is nothing to treat."""
        undefined = math.isnan(self.skew) or math.isnan(self.kurtosis)
        return undefined or abs(self.skew) < skew or self.kurtosis < kurtosis


def shape(values: Sequence[float] | Array) -> Shape:
    """Return the sample skewness G1 and excess kurtosis G2, "type 2" (Joanes and Gill, 1998; Excel, SAS, COINr).

    >>> shape([1.0, 2.0, 3.0, 4.0])
    Shape(skew=0.0, kurtosis=-1.200000000000001)
    """
    n = len(values)
    if n < 4:
        return Shape(math.nan, math.nan)
    apart, _ = arrays.deviations(np.asarray(values, dtype=np.float64))  # neither measure depends on the unit
    square = apart * apart
    m2, m3, m4 = (float(power.sum()) / n for power in (square, square * apart, square * square))
    if not (m2 > 0 and math.isfinite(m2)):
        return Shape(math.nan, math.nan)
    skew = math.sqrt(n * (n - 1)) / (n - 2) * m3 / m2**1.5
    kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (m4 / m2**2 - 3) + 6)
    return Shape(skew, kurtosis)


@method(
    "treatment",
    "winsorise",
    relative=True,
    parameters={
        "max_points": Parameter({"type": "integer", "minimum": 0, "maximum": 1000}, 5),
        "skew": number(2.0, exclusiveMinimum=0),
        "kurtosis": number(3.5),
        "else": choice("log_shifted", "none", default="log_shifted"),
    },
)
def winsorise(column: Array, population: Array, *, max_points: int, skew: float, kurtosis: float, else_: str) -> Array:
    """Pull in the extremes step by step until |skew| or kurtosis is low enough, else take a logarithm (COINr, ch. 9).

    A step sets the largest values (with negative skew the smallest), tied ones together, equal to the next. When
    ``max_points`` steps do not help, ``log_shifted`` applies to the original values; with ``none`` the steps stay.
    """
    values = np.sort(population)
    for _ in range(max_points):
        moments = shape(values)
        if moments.passes(skew, kurtosis):
            break
        values = _pull_in(values, upper=moments.skew > 0)
    if not shape(values).passes(skew, kurtosis) and else_ == "log_shifted":
        return log_shifted(column, population)
    return np.clip(column, values[0], values[-1]) if values.size else column


def _pull_in(values: Array, *, upper: bool) -> Array:
    """Return sorted values with the ties at one end set to their neighbour."""
    if upper:
        return np.asarray(np.minimum(values, values[np.searchsorted(values, values[-1], side="left") - 1]))
    return np.asarray(np.maximum(values, values[np.searchsorted(values, values[0], side="right")]))


def log_shifted(column: Array, population: Array) -> Array:
    """Return ln(x - min + 0.01 (max - min)) (COINr's log_CT)."""
    low, high = float(population.min()), float(population.max())
    return each(lambda value: math.log(value - low + 0.01 * (high - low)), column)


@method(
    "treatment",
    "percentile_winsorise",
    relative=True,
    parameters={"low": number(2.5, minimum=0, maximum=100), "high": number(97.5, minimum=0, maximum=100)},
)
def percentile_winsorise(column: Array, population: Array, *, low: float, high: float) -> Array:
    """Pull everything beyond two percentiles of the population in to them."""
    if not population.size:
        return column
    ordered = sorted(population.tolist())
    return np.clip(column, percentile(ordered, low), percentile(ordered, high))


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return a percentile by linear interpolation (Hyndman and Fan's type 7, as in R, Excel and NumPy).

    >>> percentile([1.0, 2.0, 4.0], 75)
    3.0
    """
    place = (len(ordered) - 1) * share / 100
    before = min(math.floor(place), len(ordered) - 1)
    after = min(before + 1, len(ordered) - 1)
    return ordered[before] + (place - before) * (ordered[after] - ordered[before])


@method("treatment", "box_cox", relative=True, parameters={"lambda": number(minimum=-10, maximum=10)})
def box_cox(column: Array, population: Array, *, lambda_: float) -> Array:
    """Return (s^lambda - 1) / lambda, ln s at lambda 0, of s = x - min + 1 (Box and Cox, 1964)."""
    if not population.size:
        return column
    low = float(population.min())
    return each(partial(_box_cox, low, lambda_), column)


def _box_cox(low: float, power: float, value: float) -> float:
    logarithm = math.log1p(value - low)  # what is small beside the 1 keeps its digits
    return logarithm if power == 0 else math.expm1(power * logarithm) / power
