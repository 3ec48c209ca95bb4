"""Which weights and indicators a score depends on: Sobol indices, one at a time, and one left out.

Sources: Saltelli et al., Variance based sensitivity analysis of model output (2010), with the estimators of Saltelli
(first order) and Jansen (total); Halton (1960) for the points, which fill the space more evenly than random ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from resimate_engine.arrays import Array, deviations
from resimate_engine.model import Model, Node
from resimate_engine.problems import DataInvalid, Problem
from resimate_engine.ranks import competition_ranks
from resimate_engine.scoring import ENGINE_VERSION, Calculation, calculate, input_digest, nullable
from resimate_engine.tree import TreeAggregator
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence

PRIMES: Final = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53)
SKIPPED: Final = 20
MOST_POINTS: Final = 2**17
DEFAULTS: Final[Mapping[str, Any]] = {"points": 256, "seed": 0, "spread": 0.25, "unit": None}


@dataclass(frozen=True, slots=True)
class Indices:
    """A factor's part in the variance of the output: alone, and together with the others."""

    first: float
    total: float


def points(count: int, dimensions: int, seed: int = 0) -> Array:
    """Return ``count`` points of the unit cube: Halton's up to 16 dimensions, beyond that random ones.

    >>> points(2, 2).round(4).tolist()
    [[0.6562, 0.1852], [0.4062, 0.5185]]
    """
    if dimensions > len(PRIMES):
        return np.random.Generator(np.random.PCG64(seed)).random((count, dimensions))
    first = SKIPPED + 1 + seed % 1_000_003
    return np.array(
        [[_radical_inverse(at, base) for base in PRIMES[:dimensions]] for at in range(first, first + count)]
    )


def _radical_inverse(number: int, base: int) -> float:
    """Mirror the digits of a number in a base at the point."""
    result, place = 0.0, 1.0 / base
    while number:
        number, digit = divmod(number, base)
        result += digit * place
        place /= base
    return result


def sobol(
    output: Callable[[Array], Iterable[float]], dimensions: int, count: int, seed: int = 0
) -> list[Indices] | None:
    """Return the indices of every factor of ``output``, a function of rows of the unit cube.

    Needs ``count`` times (dimensions + 2) evaluations. None when the output does not vary, or is not always there.
    """
    both = points(count, 2 * dimensions, seed)
    a, b = both[:, :dimensions], both[:, dimensions:]
    from_a = np.array(list(output(a)))
    apart, exponent = deviations(np.concatenate([from_a, list(output(b))]))
    variance = float((apart * apart).mean())
    if not (variance > 0 and math.isfinite(variance)):
        return None
    indices_of_inputs = []
    for factor in range(dimensions):
        mixed = a.copy()
        mixed[:, factor] = b[:, factor]
        changes = np.ldexp(list(output(mixed)) - from_a, -exponent)
        first = float((apart[count:] * changes).mean())
        total = float((changes * changes).mean()) / 2
        indices_of_inputs.append(Indices(first / variance, total / variance))
    return None if any(math.isnan(indices.total) for indices in indices_of_inputs) else indices_of_inputs


def sensitivity(model: Model, units: Any, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return how much each weight matters, in plain JSON values. Raises ``DataInvalid``.

    The output is the score of ``unit`` or, without one, the mean shift of ranks over units; null without a score.
    ``factors`` gives Sobol indices for weights varied by ``spread``; ``one_at_a_time`` the output with one weight at
    either end; ``left_out`` the output without one indicator.
    """
    settings = _read(options or {})
    calculation = calculate(model, units)
    study = _Study(calculation, _place(calculation, settings["unit"]), settings["spread"])
    codes = study.factors()
    indices_by_code = sobol(
        lambda rows: (_number(study.at(codes, row)) for row in rows.tolist()),
        len(codes),
        settings["points"],
        settings["seed"],
    )
    return {
        "engine_version": ENGINE_VERSION,
        "input_digest": input_digest(model, units, options),
        "output": "rank_shift" if settings["unit"] is None else "score",
        "base": study.base(),
        "factors": {
            code: {"first": indices.first, "total": indices.total}
            for code, indices in zip(codes, indices_by_code or [], strict=False)
        },
        "one_at_a_time": {
            code: {
                "low": study.with_weight(code, 1.0 - study.spread),
                "high": study.with_weight(code, 1.0 + study.spread),
            }
            for code in codes
        },
        "left_out": {leaf.code: study.with_weight(leaf.code, 0.0) for leaf in model.leaves if leaf.code in codes},
    }


def _number(output: float | None) -> float:
    return math.nan if output is None else output


def _read(options: Mapping[str, Any]) -> dict[str, Any]:
    problems = [
        Problem(pointer("options", key), "unknown_key", Sentence("there is no option {key!r}", key=key))
        for key in options.keys() - DEFAULTS.keys()
    ]
    chosen = {**DEFAULTS, **options}
    for key, low, high in (("points", 2, MOST_POINTS), ("seed", 0, 2**31), ("spread", 0.0, 1.0)):
        value = chosen[key]
        right = isinstance(value, int if key != "spread" else int | float) and not isinstance(value, bool)
        if not right or not low <= value <= high:
            detail = Sentence("{key} must be from {low:g} to {high:g}", key=key, low=low, high=high)
            problems.append(Problem(pointer("options", key), "out_of_range", detail))
    if problems:
        raise DataInvalid(problems)
    return chosen


def _place(calculation: Calculation, unit: Any) -> int | None:
    if unit is None:
        return None
    if unit not in calculation.ids:
        raise DataInvalid([Problem("/options/unit", "unknown_unit", Sentence("there is no unit {unit!r}", unit=unit))])
    return calculation.ids.index(unit)


@dataclass(frozen=True, slots=True)
class _Study:
    """The output of interest as a function of weights."""

    calculation: Calculation
    unit: int | None
    spread: float

    def factors(self) -> list[str]:
        """Return the nodes whose weight can matter: those with siblings."""
        families: list[tuple[Node, ...]] = [node.children for node in self.calculation.model.nodes.values()]
        return sorted(child.code for children in families if len(children) > 1 for child in children)

    def base(self) -> float | None:
        """Return the output with the weights as they are."""
        return self.output(self.calculation.tree.weights)

    def at(self, codes: Sequence[str], row: Sequence[float]) -> float | None:
        """Return the output at a point of the unit cube: one half is the weight as it is."""
        weights = dict(self.calculation.tree.weights)
        for code, share in zip(codes, row, strict=True):
            weights[code] *= 1.0 + self.spread * (2.0 * share - 1.0)
        return self.output(weights)

    def with_weight(self, code: str, factor: float) -> float | None:
        """Return the output with one weight times ``factor``."""
        weights = dict(self.calculation.tree.weights)
        weights[code] *= factor
        return self.output(weights)

    def output(self, weights: Mapping[str, float]) -> float | None:
        """Return the unit's score, or the mean shift of ranks from the base; None without a score."""
        model = self.calculation.model
        leaves = {leaf.code: self.calculation.tree.columns[leaf.code] for leaf in model.leaves}
        tree = TreeAggregator(model, self.calculation.units, weights).aggregate(leaves)
        scores = nullable(tree.columns[model.root.code].at(self.calculation.units.given).values)
        if self.unit is not None:
            return scores[self.unit]
        before = competition_ranks(nullable(self.calculation.column(model.root.code).values))
        pairs = zip(before, competition_ranks(scores), strict=True)
        shifts = [abs(one - other) for one, other in pairs if one is not None and other is not None]
        return math.fsum(shifts) / len(shifts) if shifts else None
