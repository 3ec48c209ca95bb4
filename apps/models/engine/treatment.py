"""Treatment of outliers, on the values before they are transformed."""

from __future__ import annotations

from apps.models.engine.arrays import Array
from apps.models.engine.registry import method


@method("treatment", "none")
def untreated(values: Array, population: Array) -> Array:
    """Return the values as they are."""
    return values
