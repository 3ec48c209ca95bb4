"""Why a unit scores what it scores, and what would help it most.

Gaps and gains follow common practice in importance-performance analysis; marginal gains are partial derivatives by the
chain rule, so for the geometric mean w I / y.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from resimate_engine.aggregation import Children
from resimate_engine.answers import Absent, reader
from resimate_engine.bounds import Bounds, bounds
from resimate_engine.indicators import oriented
from resimate_engine.model import Indicator, Model, Node, Question, Step
from resimate_engine.problems import DataInvalid, Problem
from resimate_engine.ranks import competition_ranks
from resimate_engine.scoring import (
    ENGINE_VERSION,
    STAGES,
    Calculation,
    calculate,
    input_digest,
    nullable,
    warnings_of,
)
from resimate_text.sentences import Sentence

Explanation: TypeAlias = dict[str, Any]
STEP: Final = 1e-6


def explain(model: Model, units: Any, unit: str, options: Mapping[str, Any] | None = None) -> Explanation:
    """Return the full trace of one unit's score, in plain JSON values.

    ``nodes`` gives for every node its value, coverage, weights, contribution to the score, marginal gain, gap to the
    target and bounds; ``indicators`` every step from the measured value or the answers to the score; ``priorities``
    the indicators by weighted gap for the effort. Raises ``DataInvalid``, also when there is no such unit.
    """
    calculation = calculate(model, units, {key: value for key, value in (options or {}).items() if key == "reference"})
    if unit not in calculation.ids:
        raise DataInvalid([Problem("/unit", "unknown_unit", Sentence("there is no unit {unit!r}", unit=unit))])
    row = calculation.ids.index(unit)
    account = _Account(calculation, row, bounds(model, calculation.units, calculation.tree))
    nodes = account.nodes()
    return {
        "engine_version": ENGINE_VERSION,
        "input_digest": input_digest(model, units, options),
        "id": unit,
        **_head(calculation, row),
        "nodes": nodes,
        "indicators": {
            leaf.code: _indicator(calculation, leaf.code, leaf.indicator, row)
            for leaf in model.leaves
            if leaf.indicator is not None
        },
        "priorities": _priorities(model, nodes),
        "warnings": list(warnings_of(calculation)),
    }


def _head(calculation: Calculation, row: int) -> Explanation:
    model = calculation.model
    root = calculation.column(model.root.code)
    score = nullable(root.values)[row]
    band = model.band_of(score)
    following = next((band for band in model.bands if score is not None and band.start > score), None)
    return {
        "score": score,
        "reason": root.reason(row),
        "band": band.code if band else None,
        "rank": competition_ranks(nullable(root.values))[row],
        "coverage": nullable(root.coverage)[row],
        "next_band": following
        and {"code": following.code, "from": following.start, "distance": following.start - (score or 0.0)},
    }


def _priorities(model: Model, nodes: Mapping[str, Explanation]) -> list[str]:
    found = [(leaf.code, nodes[leaf.code]["priority"]) for leaf in model.leaves]
    ordered = sorted(
        (item for item in found if item[1] is not None and item[1] > 0), key=lambda item: (-item[1], item[0])
    )
    return [code for code, _ in ordered]


@dataclass(frozen=True, slots=True)
class _Account:
    """One unit's way through the tree, from the root down."""

    calculation: Calculation
    row: int
    bounds: Mapping[str, Bounds]

    def nodes(self) -> dict[str, Explanation]:
        """Return every node's account, in the order of the document."""
        root = self.calculation.model.root
        accounts: dict[str, Explanation] = {}
        self._add(root, None, _Share(1.0, 1.0, self.value(root)), accounts)
        return accounts

    def value(self, node: Node) -> float | None:
        """Return the node's value for this unit."""
        value = float(self.calculation.column(node.code).values[self.row])
        return None if math.isnan(value) else value

    def _add(self, node: Node, parent: Node | None, share: _Share, accounts: dict[str, Explanation]) -> None:
        accounts[node.code] = self._account(node, parent, share)
        shares = self._shares(node, share)
        for child in node.children:
            self._add(child, node, shares[child.code], accounts)

    def _account(self, node: Node, parent: Node | None, share: _Share) -> Explanation:
        column = self.calculation.column(node.code)
        value = self.value(node)
        target = self.calculation.model.scale.high if node.target is None else node.target
        gap = None if value is None else defined(target - value)
        weighted = None if gap is None else share.weight * gap
        offset = self.calculation.units.given[self.row]
        return {
            "parent": parent.code if parent else None,
            "aggregation": _written(node.aggregation) if node.aggregation else None,
            "value": value,
            "reason": column.reason(self.row),
            "coverage": nullable(column.coverage)[self.row],
            "min_coverage": {
                "share": node.min_coverage,
                "of": "indicators" if node.counts_indicators else "weights",
            },
            "imputed": bool(column.imputed[self.row]),
            "weight": self.calculation.tree.weights[node.code],
            "effective_weight": share.weight,
            "contribution": share.contribution,
            "marginal_gain": share.gain,
            "target": target,
            "gap": gap,
            "weighted_gap": weighted,
            "priority": None if weighted is None else defined(weighted / node.effort),
            "low": nullable(self.bounds[node.code].low)[offset],
            "high": nullable(self.bounds[node.code].high)[offset],
        }

    def _shares(self, node: Node, share: _Share) -> dict[str, _Share]:
        """Return how the children of a node take part in its share of the score."""
        weights = self.calculation.tree.weights
        named = node.aggregation is not None and node.aggregation.method.needs_all  # a formula asks for no weight
        counted = [child for child in node.children if named or weights[child.code] > 0]
        present = [(child.code, self.value(child)) for child in sorted(counted, key=lambda child: child.code)]
        values = {code: value for code, value in present if value is not None}
        weights = {code: weights[code] for code in values}
        total = math.fsum(weights.values())
        value = self.value(node)
        if node.aggregation is None or value is None or not total > 0:
            return {child.code: _Share(0.0, None, None) for child in node.children}
        parts = _parts(node.aggregation, values, weights)
        gains = self._gains(node, values, weights, value)
        shares = {child.code: _Share(0.0, 0.0, 0.0) for child in node.children}
        for code in values:
            shares[code] = _Share(
                weight=share.weight * weights[code] / total,
                gain=_product(share.gain, gains.get(code)),
                contribution=_product(share.contribution, parts.get(code)),
            )
        return shares

    def _gains(
        self, node: Node, values: Mapping[str, float], weights: Mapping[str, float], value: float
    ) -> Mapping[str, float | None]:
        step = node.aggregation
        if step is None or step.method.relative:
            return {}
        analytic = GAINS.get(step.name)
        if analytic is not None and step.parameters.get("zero") != "floor" and not step.parameters.get("rescale"):
            total = math.fsum(weights.values())
            return {code: analytic(weights[code], total, values[code], value) for code in values}
        return self._differences(node, values)

    def _differences(self, node: Node, values: Mapping[str, float]) -> Mapping[str, float | None]:
        """Return the gain of a small rise of every child, by the method itself: a row for each, and one as it is."""
        codes = list(values)
        rise = STEP * self.calculation.model.scale.width
        children = sorted(node.children, key=lambda child: child.code)
        filled = {child.code: np.full(len(codes) + 1, values.get(child.code, math.nan)) for child in children}
        columns = [filled[code] for code in codes]
        for number, column in enumerate(columns):
            column[number] += rise
        family = Children(
            list(filled),
            list(filled.values()),
            [self.calculation.tree.weights[code] for code in filled],
            [child.critical for child in children],
            self.calculation.model.scale,
        )
        risen = np.array([column[number] - column[-1] for number, column in enumerate(columns)])
        with np.errstate(all="ignore"):
            outcome = np.asarray(node.aggregation(family)) if node.aggregation else columns[0]
            gains = (outcome[:-1] - outcome[-1]) / risen  # no number where the rise is lost in the value
        return {code: defined(gain) for code, gain in zip(codes, gains.tolist(), strict=True)}


@dataclass(frozen=True, slots=True)
class _Share:
    """A node's part in the score: its effective weight, what a point more brings, and what it contributes."""

    weight: float
    gain: float | None
    contribution: float | None


def _product(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else defined(one * other)


def defined(value: float) -> float | None:
    """Return a number as a JSON value: null where it is not finite."""
    return value if math.isfinite(value) else None


GAINS: Final[Mapping[str, Callable[[float, float, float, float], float | None]]] = {
    "arithmetic_mean": lambda weight, total, child, value: weight / total,
    "geometric_mean": lambda weight, total, child, value: weight / total * value / child,
    "harmonic_mean": lambda weight, total, child, value: weight / total * (value / child) * (value / child),
    "sum": lambda weight, total, child, value: weight,
    "product": lambda weight, total, child, value: weight * value / child if child else None,
}


def _parts(step: Step, values: Mapping[str, float], weights: Mapping[str, float]) -> Mapping[str, float]:
    """Return the children's parts in their parent, adding up to one; none for methods that cannot be taken apart.

    For sums and arithmetic means a part is w y by the sum, for products and geometric means w ln y.
    """
    if step.name in ("arithmetic_mean", "sum"):
        return _proportions({code: weights[code] * value for code, value in values.items()})
    if step.name in ("geometric_mean", "product") and min(values.values()) > 0:
        return _proportions({code: weights[code] * math.log(value) for code, value in values.items()})
    return {}


def _proportions(amounts: Mapping[str, float]) -> Mapping[str, float]:
    whole = math.fsum(amounts.values())
    return {code: amount / whole if whole else 0.0 for code, amount in amounts.items()}


def _written(step: Step) -> Explanation:
    return {"method": step.name, **{name.rstrip("_"): value for name, value in step.parameters.items()}}


def _indicator(calculation: Calculation, code: str, indicator: Indicator, row: int) -> Explanation:
    """Return the steps of an indicator with what each was told and what came out."""
    stages = calculation.stages[code]
    at = calculation.units.given[row]
    account: Explanation = {
        "input": indicator.input,
        "unit": indicator.unit,
        "direction": "positive" if indicator.direction > 0 else "negative",
        "denominator": indicator.denominator,
        **{step: _written(getattr(indicator, step)) for step in ("missing", "treatment", "transform", "normalisation")},
        "measured": nullable(stages.measured.values)[at],
        **{stage: nullable(getattr(stages, stage).values)[at] for stage in reversed(STAGES)},
        "normalised_with": oriented(indicator),
    }
    if indicator.questions:
        account["rater_aggregation"] = _written(indicator.rater_aggregation)
        account["questions"] = _questions(indicator, calculation.units.responses[at])
    return account


def _questions(indicator: Indicator, responses: Sequence[Mapping[str, Any]]) -> list[Explanation]:
    return [
        {
            "code": question.code,
            "weight": question.weight,
            "reverse": question.reverse,
            "answers": [_answer(question, response) for response in responses],
        }
        for question in indicator.questions
    ]


def _answer(question: Question, response: Mapping[str, Any]) -> Explanation:
    """Return an answer with the share of its scale that it stands for, from 0 to 1."""
    answer = response["answers"].get(question.code)
    share = reader(question.scale, reverse=question.reverse)(answer)
    return {
        "rater": response.get("rater"),
        "group": response.get("group"),
        "answer": answer,
        "share": None if isinstance(share, Absent) else share,
    }
