"""How sure a score and a rank are: the calculation over and over with weights, gaps and raters drawn at random.

Source: Saisana, Saltelli and Tarantola, Uncertainty and sensitivity analysis techniques as tools for the quality
assessment of composite indicators (JRSS A, 2005). Equal settings, the seed among them, give equal results.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from resimate_engine.arrays import Array, known, mean
from resimate_engine.columns import Column
from resimate_engine.indicators import fills_scale
from resimate_engine.model import Model
from resimate_engine.problems import DataInvalid, Problem
from resimate_engine.ranks import competition_ranks
from resimate_engine.scoring import ENGINE_VERSION, Calculation, calculate, input_digest, nullable
from resimate_engine.treatment import percentile
from resimate_engine.tree import TreeAggregator
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence

MOST_DRAWS: Final = 100_000
MOST_PAIRED: Final = 100
DEFAULTS: Final[Mapping[str, Any]] = {
    "draws": 1000,
    "seed": 0,
    "spread": 0.25,
    "weights": "uniform",
    "concentration": 100.0,
    "missing": True,
    "raters": True,
    "top": 10,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What varies, how much, and how often it is drawn.

    ``weights`` is "uniform" (each times 1 plus or minus up to ``spread``), "dirichlet" (around the weights, the closer
    the greater ``concentration``) or "fixed". ``missing`` draws gaps evenly over the scale, ``raters`` draws each
    unit's responses anew with replacement. ``top`` is k in the probability of a rank of k or better.
    """

    draws: int
    seed: int
    spread: float
    weights: str
    concentration: float
    missing: bool
    raters: bool
    top: int


def read_settings(given: Mapping[str, Any]) -> Settings:
    """Return settings with defaults filled in. Raises ``DataInvalid``."""
    problems = [
        Problem(pointer("options", key), "unknown_key", Sentence("there is no option {key!r}", key=key))
        for key in given.keys() - DEFAULTS.keys()
    ]
    chosen = {**DEFAULTS, **{key: value for key, value in given.items() if key in DEFAULTS}}
    for key, (low, high) in LIMITS.items():
        value = chosen[key]
        whole = isinstance(DEFAULTS[key], int)
        right = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not right or not low <= value <= high:
            detail = Sentence("{key} must be from {low:g} to {high:g}", key=key, low=low, high=high)
            problems.append(Problem(pointer("options", key), "out_of_range", detail))
    if chosen["weights"] not in ("uniform", "dirichlet", "fixed"):
        problems.append(
            Problem("/options/weights", "not_offered", Sentence("weights must be uniform, dirichlet or fixed"))
        )
    problems.extend(
        Problem(pointer("options", key), "wrong_type", Sentence("{key} must be true or false", key=key))
        for key in ("missing", "raters")
        if not isinstance(chosen[key], bool)
    )
    if problems:
        raise DataInvalid(problems)
    return Settings(**chosen)


LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "draws": (1, MOST_DRAWS),
    "seed": (0, 2**63 - 1),
    "spread": (0.0, 1.0),
    "concentration": (0.01, 1e9),
    "top": (1, 1_000_000),
}


def uncertainty(model: Model, units: Any, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the distribution of every unit's score and rank, in plain JSON values. Raises ``DataInvalid``.

    For up to ``MOST_PAIRED`` units ``beats`` gives the probability that one scores higher than another.
    """
    settings = read_settings(options or {})
    calculation = calculate(model, units)
    scores = draw_scores(calculation, units, settings)
    ranks = np.array([_ranks(row) for row in scores], dtype=np.float64)
    base = nullable(calculation.column(model.root.code).values)
    return {
        "engine_version": ENGINE_VERSION,
        "input_digest": input_digest(model, units, options),
        "draws": settings.draws,
        "seed": settings.seed,
        "results": [
            {
                "id": unit,
                "score": {"value": base[column], **_summary(scores[:, column])},
                "rank": _summary(ranks[:, column]),
                "top": _share(ranks[:, column] <= settings.top, ranks[:, column]),
            }
            for column, unit in enumerate(calculation.ids)
        ],
        "beats": _beats(calculation.ids, scores) if len(calculation.ids) <= MOST_PAIRED else None,
    }


def _ranks(scores: Array) -> list[float]:
    return [math.nan if rank is None else float(rank) for rank in competition_ranks(nullable(scores))]


def _summary(values: Array) -> dict[str, float | None]:
    ordered = sorted(known(values).tolist())
    if not ordered:
        return dict.fromkeys(("mean", "median", "p5", "p95"))
    shares = {"median": 50, "p5": 5, "p95": 95}
    return {
        "mean": mean(ordered),
        **{name: percentile(ordered, share) for name, share in shares.items()},
    }


def _share(where: npt.NDArray[np.bool_], values: Array) -> float | None:
    size = known(values).size
    return int(where.sum()) / size if size else None


def _beats(ids: Sequence[str], scores: Array) -> dict[str, dict[str, float]]:
    places = range(len(ids))
    return {
        ids[one]: {ids[other]: float((scores[:, one] > scores[:, other]).mean()) for other in places if other != one}
        for one in places
    }


def draw_scores(calculation: Calculation, units: Any, settings: Settings) -> Array:
    """Return the scores of every draw: a row a draw, a column a unit. Chance is shared out in the order of the ids."""
    random = np.random.Generator(np.random.PCG64(settings.seed))
    ordered = [_in_order(unit) for unit in sorted(units, key=lambda unit: str(unit["id"]))]
    drawn = np.array([_draw(calculation, ordered, settings, random) for _ in range(settings.draws)])
    return drawn[:, calculation.units.given]


def _in_order(unit: Mapping[str, Any]) -> Mapping[str, Any]:
    responses = unit.get("responses") or []
    return {**unit, "responses": sorted(responses, key=lambda response: response.get("rater") or "")}


def _draw(calculation: Calculation, units: Any, settings: Settings, random: np.random.Generator) -> Array:
    model = calculation.model
    weights = draw_weights(calculation, settings, random)
    if settings.raters and model.questions:
        calculation = calculate(model, [_resampled(unit, random) for unit in units])
    leaves = {code: calculation.tree.columns[code] for code in sorted(leaf.code for leaf in model.leaves)}
    if settings.missing:
        leaves = {code: _drawn(model, code, column, random) for code, column in leaves.items()}
    tree = TreeAggregator(model, calculation.units, weights).aggregate(leaves)
    return tree.columns[model.root.code].values


def draw_weights(calculation: Calculation, settings: Settings, random: np.random.Generator) -> dict[str, float]:
    """Return the weights of one draw, node by node and sibling by sibling in the order of the codes."""
    weights = dict(calculation.tree.weights)
    for _, node in sorted(calculation.model.nodes.items()):
        codes = sorted(child.code for child in node.children)
        if codes and settings.weights == "uniform":
            shifts = random.uniform(-settings.spread, settings.spread, len(codes)).tolist()
            weights.update((code, weights[code] * (1.0 + shift)) for code, shift in zip(codes, shifts, strict=True))
        elif codes and settings.weights == "dirichlet":
            whole = math.fsum(weights[code] for code in codes) or 1.0
            shapes = [settings.concentration * weights[code] / whole for code in codes]
            weights.update(
                (code, float(random.standard_gamma(shape))) for code, shape in zip(codes, shapes, strict=True)
            )
    return weights


def _resampled(unit: Mapping[str, Any], random: np.random.Generator) -> dict[str, Any]:
    """Return a unit with as many responses drawn with replacement from its own."""
    responses = unit.get("responses") or []
    drawn = random.integers(0, len(responses), len(responses)).tolist() if responses else []
    return {**unit, "responses": [{**responses[place], "rater": f"{at}"} for at, place in enumerate(drawn)]}


def _drawn(model: Model, code: str, column: Column, random: np.random.Generator) -> Column:
    """Return an indicator's column with its gaps drawn evenly over the scale."""
    indicator = model.nodes[code].indicator
    if indicator is None or not fills_scale(indicator) or not column.gaps.any():
        return column
    guesses = random.uniform(model.scale.low, model.scale.high, len(column.values))
    return replace(column.filled(guesses), imputed=column.imputed)
