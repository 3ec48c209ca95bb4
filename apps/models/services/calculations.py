"""Calculations that leave nothing behind: a document and units in, results out."""

import time
from collections.abc import Mapping
from typing import Any

import resimate_engine as engine
from apps.models import costing
from apps.models.calculating import check_unit, refusing, told
from apps.models.documents import doubts_of
from apps.models.services import budgets
from resimate_engine import costs


def calculate(
    model: engine.Model, units: Any, options: Mapping[str, Any] | None = None, *, at: str = "/model"
) -> dict[str, Any]:
    """Score units by a model, and say how long that took; ``at`` begins the pointers of warnings about the model."""
    started = time.perf_counter()
    with refusing("The units cannot be scored."):
        results = budgets.score(model, units, options)
    return told(results, doubts_of(model, at), started)


def explain(model: engine.Model, units: Any, unit: Any, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Trace one unit's score from what was measured and answered up to the root."""
    check_unit(unit)
    with refusing("The units cannot be scored."):
        return budgets.explain(model, units, unit, options)


def find_weights(asked: Any) -> dict[str, Any]:
    """Determine weights from judgements, ranks, budgets or data."""
    with refusing("Weights cannot be determined from this."):
        return budgets.find_weights(asked)


def measure_agreement(asked: Any) -> dict[str, Any]:
    """Measure how far raters agree."""
    with refusing("Agreement cannot be measured on this."):
        return budgets.measure_agreement(asked)


def check_calculation(kind: str, model: engine.Model, units: Any, options: Mapping[str, Any] | None) -> None:
    """Refuse at once what not even a job would do."""
    cost = costs.of_explanation if kind == "calculation.explanation" else costs.of_scores
    costing.is_long(cost(model, units, options))
