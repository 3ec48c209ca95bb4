"""Calculations that leave nothing behind: a document and units in, results out."""

import time
from collections.abc import Mapping
from typing import Any

from apps.core.errors import Invalid
from apps.models import document, engine
from apps.models.services.documents import problems_of

MOST_UNITS = 5000


def model_of(data: Any, *, at: str = "/model") -> engine.Model:
    """Return the model of a document that came with the call; documents used last are kept parsed."""
    try:
        return document.parse_cached(data)
    except document.DocumentInvalid as error:
        raise Invalid("The model document is not valid.", errors=problems_of(error.problems, at)) from None


def calculate(model: engine.Model, units: Any, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Score units by a model, and say how long that took."""
    started = time.perf_counter()
    try:
        results = engine.score(model, units, options)
    except engine.DataInvalid as error:
        raise Invalid("The units cannot be scored.", errors=problems_of(error.problems)) from None
    duration_ms = round((time.perf_counter() - started) * 1000, 3)
    return {
        "engine_version": results.engine_version,
        "input_digest": results.input_digest,
        "duration_ms": duration_ms,
        "results": results.results,
        "warnings": results.warnings,
    }
