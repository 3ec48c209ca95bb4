"""The complete table of methods: importing the modules below enters them."""

from apps.models.engine import (
    aggregation,
    formula,
    missing,
    normalisation,
    outranking,
    raters,
    transformation,
    treatment,
    weighting,
)
from apps.models.engine.registry import METHODS

SOURCES = (aggregation, formula, missing, normalisation, outranking, raters, transformation, treatment, weighting)

__all__ = ["METHODS", "SOURCES"]
