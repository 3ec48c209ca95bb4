"""Between which ends a score lies, whatever the answers that are missing turn out to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from resimate_engine import formula
from resimate_engine.arrays import Array
from resimate_engine.columns import Column
from resimate_engine.indicators import fills_scale
from resimate_engine.model import Model, Node, Step
from resimate_engine.tree import Tree, TreeAggregator
from resimate_engine.units import Units


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and the highest value that a node can have, over all units; NaN where nothing can be said."""

    low: Array
    high: Array


def bounds(model: Model, units: Units, tree: Tree) -> Mapping[str, Bounds]:
    """Return every node's bounds: missing indicators at the worst and at the best end of the scale.

    Of a questionnaire that is answered in part, the open part counts by its weight. Weights stay as they were found.
    Where units are ranked, nothing can be said of any as long as a value of one of them is open.
    """
    aggregator = TreeAggregator(model, units, tree.weights)
    worst, best = (Tree(_filled(model, tree, end), dict(tree.weights)) for end in (model.scale.low, model.scale.high))
    for node in model.branches:
        for end in (worst, best):
            aggregator.add(node, end)
        low, high = _between(node, units, worst, best)
        worst.columns[node.code] = worst.columns[node.code].refuse(low)
        best.columns[node.code] = best.columns[node.code].refuse(high)
    return {code: Bounds(worst.columns[code].values, best.columns[code].values) for code in model.nodes}


def _between(node: Node, units: Units, worst: Tree, best: Tree) -> Array:
    """Return the ends between which a node is, by those of its children: means and sums rise with every child."""
    low, high = worst.columns[node.code].values, best.columns[node.code].values
    step, codes = node.aggregation, sorted(child.code for child in node.children)
    if step is not None and step.method.relative and _is_open(node, units, worst, best):
        return np.full((2, len(low)), np.nan)
    if step is not None and step.name in PROGRAMS:
        ends = {code: np.stack([end.columns[code].values for end in (worst, best)]) for code in codes}
        there = {code: np.where(np.isnan(values), 1.0, values) for code, values in ends.items()}
        program = PROGRAMS[step.name](step, codes, worst.weights)
        return np.where(np.isnan(low) | np.isnan(high), np.nan, formula.enclose(program, there, len(low)))
    return np.stack([np.minimum(low, high), np.maximum(low, high)])


def _of_formula(step: Step, codes: Sequence[str], weights: Mapping[str, float]) -> formula.Program:
    return formula.parse(step.parameters["expression"])


def _of_product(step: Step, codes: Sequence[str], weights: Mapping[str, float]) -> formula.Program:
    """Below zero a product falls where a factor rises, so its ends are not those of its factors."""
    program: list[formula.Number | formula.Name | formula.Apply] = []
    for place, code in enumerate(codes):
        program.append(formula.Name(code))
        if weights[code] != 1:
            program += [formula.Number(weights[code]), formula.Apply("**", 2)]
        if place:
            program.append(formula.Apply("*", 2))
    return tuple(program)


PROGRAMS: Final[Mapping[str, Callable[[Step, Sequence[str], Mapping[str, float]], formula.Program]]] = {
    "formula": _of_formula,
    "product": _of_product,
}


def _is_open(node: Node, units: Units, worst: Tree, best: Tree) -> bool:
    """Whether a child of a unit of the call, which is what is ranked, may yet have another value."""
    pairs = [(worst.columns[child.code], best.columns[child.code]) for child in node.children]
    return any(bool((low.applicable & (low.values != high.values))[units.reference :].any()) for low, high in pairs)


def _filled(model: Model, tree: Tree, end: float) -> dict[str, Column]:
    return {leaf.code: _fill(leaf, tree.columns[leaf.code], end) for leaf in model.leaves}


def _fill(leaf: Node, column: Column, end: float) -> Column:
    if leaf.indicator is None or not fills_scale(leaf.indicator):
        return column
    covered = np.nan_to_num(column.coverage, nan=1.0)
    if leaf.indicator.questions:
        partly = column.values * covered + end * (1.0 - covered)
        column = replace(column, values=np.where(covered < 1.0, partly, column.values))
    return column.filled(np.full(len(column.values), end))
