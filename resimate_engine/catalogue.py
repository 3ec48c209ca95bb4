"""The complete table of methods: importing the modules below enters them."""

from resimate_engine import (
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
from resimate_engine.registry import METHODS

SOURCES = (aggregation, formula, missing, normalisation, outranking, raters, transformation, treatment, weighting)

__all__ = ["METHODS", "SOURCES"]
