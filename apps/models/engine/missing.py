"""What to put where a value is missing. "Not applicable" is not missing, and is never filled in."""

from __future__ import annotations

import numpy as np

from apps.models.engine.arrays import Array
from apps.models.engine.registry import method, number


@method("missing", "skip")
def skip(values: Array) -> Array:
    """Leave the gap: the weights of the siblings are renormalised."""
    return values


@method("missing", "constant", parameters={"value": number()})
def constant(values: Array, *, value: float) -> Array:
    """Fill in ``value``."""
    return np.where(np.isnan(values), value, values)
