"""Calculations that leave nothing behind: a document and units in, results out."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import resimate_engine as engine
from apps.core.errors import Invalid, Problem
from apps.models.services import budgets
from apps.models.services.documents import doubts_of, problems_of
from resimate_engine import costs
from resimate_text.sentences import Sentence

MOST_UNITS = 5000


def calculate(
    model: engine.Model, units: Any, options: Mapping[str, Any] | None = None, *, at: str = "/model"
) -> dict[str, Any]:
    """Score units by a model, and say how long that took; ``at`` begins the pointers of warnings about the model."""
    started = time.perf_counter()
    with _saying("The units cannot be scored."):
        results = budgets.score(model, units, options)
    duration_ms = round((time.perf_counter() - started) * 1000, 3)
    return {
        "engine_version": results.engine_version,
        "input_digest": results.input_digest,
        "duration_ms": duration_ms,
        "results": results.results,
        "warnings": [*doubts_of(model, at), *results.warnings],
    }


def explain(model: engine.Model, units: Any, unit: Any, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Trace one unit's score from what was measured and answered up to the root."""
    if not isinstance(unit, str):
        raise Invalid(
            "Name the unit to explain.", errors=[Problem("/unit", Sentence("must be the id of a unit"), "wrong_type")]
        )
    with _saying("The units cannot be scored."):
        return budgets.explain(model, units, unit, options)


def find_weights(asked: Any) -> dict[str, Any]:
    """Determine weights from judgements, ranks, budgets or data."""
    with _saying("Weights cannot be determined from this."):
        return budgets.find_weights(asked)


def measure_agreement(asked: Any) -> dict[str, Any]:
    """Measure how far raters agree."""
    with _saying("Agreement cannot be measured on this."):
        return budgets.measure_agreement(asked)


def check_calculation(kind: str, model: engine.Model, units: Any, options: Mapping[str, Any] | None) -> None:
    """Refuse at once what not even a job would do."""
    cost = costs.of_explanation if kind == "calculation.explanation" else costs.of_scores
    budgets.is_long(cost(model, units, options))


@contextmanager
def _saying(detail: str) -> Iterator[None]:
    """Turn what the engine refuses into a refusal with pointers."""
    try:
        yield
    except engine.DataInvalid as error:
        raise Invalid(detail, errors=problems_of(error.problems), more=error.more) from None
