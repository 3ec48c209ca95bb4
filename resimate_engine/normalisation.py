"""Normalisation: from a measured value to the document's scale, or to a method's own units.

Every function takes a column (NaN where there is no value) and a ``Sample``, and returns a column; where the sample
does not allow the method, there is no value.
Sources: OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 5; Becker et al., COINr (JOSS, 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from resimate_engine import arrays, exact
from resimate_engine.arrays import Array, divide
from resimate_engine.model import Scale
from resimate_engine.registry import Parameter, choice, flag, method, number, numbers


@dataclass(frozen=True, slots=True)
class Sample:
    """What a normalisation may look at beside the values themselves.

    ``population`` holds the values that units are compared with, transformed and turned, in no particular order;
    ``value_of`` gives the value of one unit by its id, NaN where it has none.
    """

    scale: Scale
    population: Array
    value_of: Callable[[str], float]

    @property
    def low(self) -> float:
        """The smallest value of the population; NaN when it is empty."""
        return float(self.population.min()) if self.population.size else np.nan

    @property
    def high(self) -> float:
        """The largest value of the population; NaN when it is empty."""
        return float(self.population.max()) if self.population.size else np.nan

    @property
    def mean(self) -> float:
        """The mean of the population; NaN when it is empty."""
        return float(arrays.means(self.population)) if self.population.size else np.nan


def fill(scale: Scale, share: Array) -> Array:
    """Return shares of the way from the low to the high end of the scale as scores on it."""
    return scale.low + share * scale.width


UNIT_ID = Parameter({"type": "string", "minLength": 1, "maxLength": 200})


@method("normalisation", "none")
def as_measured(column: Array, sample: Sample) -> Array:
    """Return the values in their own unit."""
    return column


@method(
    "normalisation",
    "goalposts",
    fills_scale=True,
    parameters={"low": number(own_unit=True), "high": number(own_unit=True), "clip": flag(True)},
)
def goalposts(column: Array, sample: Sample, *, low: float, high: float, clip: bool) -> Array:
    """Return the share of the way from ``low`` to ``high``, cut off at both ends unless ``clip`` is false (UNDP)."""
    share = divide(column - low, high - low)
    scores = exact.interpolated(column, low, high, sample.scale.low, sample.scale.high)
    scores = np.where(np.isnan(scores), fill(sample.scale, share), scores)
    if not clip:
        return scores
    return np.where(share <= 0, sample.scale.low, np.where(share >= 1, sample.scale.high, scores))


@method("normalisation", "min_max", relative=True, fills_scale=True)
def min_max(column: Array, sample: Sample) -> Array:
    """Return the share of the way from the smallest to the largest value of the population."""
    low = sample.low
    return fill(sample.scale, divide(column - low, sample.high - low))


@method("normalisation", "z_score", relative=True, parameters={"mean": number(0.0), "sd": number(1.0)})
def z_score(column: Array, sample: Sample, *, mean: float, sd: float) -> Array:
    """Return ``mean`` plus ``sd`` times the distance from the population's mean in its standard deviations (n - 1)."""
    spread = float(arrays.standard_deviation(sample.population))
    return mean + sd * divide(column - sample.mean, spread)


@method("normalisation", "robust_z_score", relative=True)
def robust_z_score(column: Array, sample: Sample) -> Array:
    """Return 0.6745 times the distance from the population's median in its median absolute deviations.

    Outliers hardly move it; beyond 3.5 a value counts as one (Iglewicz and Hoaglin, How to Detect and Handle Outliers,
    1993: the modified z-score).
    """
    middle = arrays.median(sample.population.tolist()) if sample.population.size else np.nan
    spread = arrays.median(np.abs(sample.population - middle).tolist()) if sample.population.size else np.nan
    return 0.6745 * divide(column - middle, spread)


@method(
    "normalisation",
    "distance_to_target",
    relative=True,
    fills_scale=True,
    parameters={"target": number(own_unit=True), "cap": flag(True)},
)
def distance_to_target(column: Array, sample: Sample, *, target: float, cap: bool) -> Array:
    """Return the share of the way from the population's smallest value to ``target``, at most all of it if ``cap``.

    A target that even the smallest value reaches measures nothing: there is no value.
    """
    way = target - sample.low
    share = divide(column - sample.low, way if way > 0 else np.nan)
    return fill(sample.scale, np.minimum(share, 1.0) if cap else share)


@method("normalisation", "distance_to_max", relative=True, fills_scale=True)
def distance_to_max(column: Array, sample: Sample) -> Array:
    """Return 1 - (max - x) / (max - min) of the scale."""
    return fill(sample.scale, 1.0 - divide(sample.high - column, sample.high - sample.low))


@method("normalisation", "distance_to_reference", relative=True, fills_scale=True, parameters={"reference": UNIT_ID})
def distance_to_reference(column: Array, sample: Sample, *, reference: str) -> Array:
    """Return 1 - (ref - x) / (ref - min) of the scale, with ref the value of the unit named ``reference``."""
    mark = sample.value_of(reference)
    return fill(sample.scale, 1.0 - divide(mark - column, mark - sample.low))


@method("normalisation", "ratio_to_reference", relative=True, parameters={"reference": UNIT_ID})
def ratio_to_reference(column: Array, sample: Sample, *, reference: str) -> Array:
    """Return x by the population's ``mean``, ``best`` or ``worst`` value, or by the value of the unit named so."""
    marks = {"mean": lambda: sample.mean, "best": lambda: sample.high, "worst": lambda: sample.low}
    mark = marks.get(reference, lambda: sample.value_of(reference))()
    return divide(column, mark)


@method("normalisation", "fraction_of_max", relative=True, fills_scale=True)
def fraction_of_max(column: Array, sample: Sample) -> Array:
    """Return x / max of the scale."""
    return fill(sample.scale, divide(column, sample.high))


@method("normalisation", "rank", relative=True)
def rank(column: Array, sample: Sample) -> Array:
    """Return the rank in the population: 1 is the smallest, ties take the minimum."""
    return 1.0 + _below(column, sample.population, "left")


@method("normalisation", "borda", relative=True)
def borda(column: Array, sample: Sample) -> Array:
    """Return how many of the population are smaller."""
    return _below(column, sample.population, "left")


@method(
    "normalisation",
    "percentile_rank",
    relative=True,
    fills_scale=True,
    parameters={"variant": choice("zero_based", "min", "max", default="zero_based")},
)
def percentile_rank(column: Array, sample: Sample, *, variant: str) -> Array:
    """Return the rank as a share of the population; three variants are in published use.

    ``zero_based``: (r - 1) / (n - 1) with minimum ranks (COINr); ``min``: r / n with minimum ranks (OECD Handbook,
    table 15); ``max``: r / n with maximum ranks (FEMA National Risk Index).
    """
    size = float(sample.population.size)
    if variant == "zero_based":
        share = divide(_below(column, sample.population, "left"), size - 1.0)
    elif variant == "min":
        share = divide(1.0 + _below(column, sample.population, "left"), size)
    else:
        share = divide(_below(column, sample.population, "right"), size)
    return fill(sample.scale, np.minimum(share, 1.0))


def _below(column: Array, population: Array, side: str) -> Array:
    """Return how many of the population are below a value (``left``), or not above it (``right``); of nobody, NaN."""
    counts = np.searchsorted(np.sort(population), column, side="left" if side == "left" else "right")
    return np.where(np.isnan(column) | (population.size == 0), np.nan, counts.astype(np.float64))


@method(
    "normalisation",
    "categorical",
    fills_scale=True,
    directed=False,
    parameters={"breaks": numbers(own_unit=True), "values": numbers(least=2)},
)
def categorical(column: Array, sample: Sample, *, breaks: Sequence[float], values: Sequence[float]) -> Array:
    """Return the score of a value's class: ``values[i]`` from ``breaks[i - 1]`` to below ``breaks[i]``."""
    classes = np.searchsorted(np.asarray(breaks, dtype=np.float64), column, side="right")
    return np.where(np.isnan(column), np.nan, np.asarray(values, dtype=np.float64)[classes])


@method("normalisation", "above_below_mean", relative=True, parameters={"share": number(minimum=0)})
def above_below_mean(column: Array, sample: Sample, *, share: float) -> Array:
    """Return 1 above the population's mean by more than ``share`` of it, -1 below it by more, else 0."""
    margin = share * abs(sample.mean)
    above = (column > sample.mean + margin).astype(np.float64)
    below = (column < sample.mean - margin).astype(np.float64)
    return np.where(np.isnan(column) | np.isnan(sample.mean), np.nan, above - below)


POINT = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}


@method(
    "normalisation",
    "value_function",
    fills_scale=True,
    directed=False,
    parameters={"points": Parameter({"type": "array", "items": POINT, "minItems": 2, "maxItems": 1000}, own_unit=True)},
)
def value_function(column: Array, sample: Sample, *, points: Sequence[Sequence[float]]) -> Array:
    """Return the score on straight lines through ``points`` [x, score]; beyond the ends, that of the end."""
    xs = np.array([x for x, _ in points], dtype=np.float64)
    scores = np.array([score for _, score in points], dtype=np.float64)
    return np.interp(column, xs, scores)
