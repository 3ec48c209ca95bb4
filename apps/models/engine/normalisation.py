"""Normalisation: from a measured value to the document's scale, or to a method's own units.

Every function takes a column (NaN where there is no value) and a ``Sample``, and returns a column.
Sources: OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 5; Becker et al., COINr (2022).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from apps.models.engine.arrays import Array, divide
from apps.models.engine.model import Scale
from apps.models.engine.registry import flag, method, number


@dataclass(frozen=True, slots=True)
class Sample:
    """What a normalisation may look at beside the values themselves.

    ``population`` holds the values that units are compared with, transformed and turned, in no particular order;
    ``value_of`` gives the value of one unit by its id, NaN where it has none.
    """

    scale: Scale
    population: Array
    value_of: Callable[[str], float]


def fill(scale: Scale, share: Array) -> Array:
    """Return shares of the way from the low to the high end of the scale as scores on it."""
    return scale.low + share * scale.width


@method("normalisation", "none")
def as_measured(values: Array, sample: Sample) -> Array:
    """Return the values in their own unit."""
    return values


@method(
    "normalisation",
    "goalposts",
    fills_scale=True,
    parameters={"low": number(own_unit=True), "high": number(own_unit=True), "clip": flag(True)},
)
def goalposts(values: Array, sample: Sample, *, low: float, high: float, clip: bool) -> Array:
    """Return the share of the way from ``low`` to ``high``, cut off at both ends unless ``clip`` is false (UNDP)."""
    share = divide(values - low, high - low)
    return fill(sample.scale, np.clip(share, 0.0, 1.0) if clip else share)


@method("normalisation", "min_max", relative=True, fills_scale=True)
def min_max(values: Array, sample: Sample) -> Array:
    """Return the share of the way from the smallest to the largest value of the population."""
    if not sample.population.size:
        return np.full_like(values, np.nan)
    low, high = sample.population.min(), sample.population.max()
    return fill(sample.scale, divide(values - low, high - low))
