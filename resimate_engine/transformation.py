"""Transforms of a value before it is normalised. A value outside a transform's domain has no result."""

from __future__ import annotations

import math

from resimate_engine.arrays import Array, each
from resimate_engine.registry import method


@method("transform", "none")
def unchanged(values: Array) -> Array:
    """Return the values as they are."""
    return values


@method("transform", "ln")
def natural_logarithm(values: Array) -> Array:
    """Return ln x, as the income index of the Human Development Index does (UNDP, technical note 1)."""
    return each(math.log, values)


@method("transform", "log10")
def decimal_logarithm(values: Array) -> Array:
    """Return log10 x, as the Technology Achievement Index does for telephones and electricity (UNDP 2001)."""
    return each(math.log10, values)


@method("transform", "sqrt")
def square_root(values: Array) -> Array:
    """Return the square root of x."""
    return each(math.sqrt, values)
