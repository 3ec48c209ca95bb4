"""From indicators up to the root: every node's column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from resimate_engine import formula
from resimate_engine.aggregation import Children, mean_of, smallest, total, weight_present
from resimate_engine.arrays import Array, Mask, empty, finite, present, share, weigh
from resimate_engine.columns import (
    BELOW_MIN_COVERAGE,
    MISSING_CHILD,
    NOT_DEFINED,
    NOTHING_PRESENT,
    NOTHING_TO_RANK,
    WEIGHTS_UNDEFINED,
    Column,
)
from resimate_engine.indicators import surroundings
from resimate_engine.model import Model, Node, Step
from resimate_engine.questionnaire import ROUNDING
from resimate_engine.units import Units
from resimate_engine.weighting import WeightsUndefined

NOT_POSITIVE = "not_positive"
DIRECT = Step("weights", "direct")


@dataclass(frozen=True, slots=True)
class Tree:
    """Columns and weights of all nodes by code; weights are those that the aggregation above used."""

    columns: dict[str, Column] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TreeAggregator:
    """Aggregates indicators up to the root; weights that are given are not determined again."""

    model: Model
    units: Units
    weights: Mapping[str, float] | None = None

    def aggregate(self, leaves: Mapping[str, Column]) -> Tree:
        """Return all nodes' columns."""
        tree = Tree(dict(leaves), {self.model.root.code: self.model.root.weight})
        for node in self.model.branches:
            self.add(node, tree)
        return tree

    def add(self, node: Node, tree: Tree) -> None:
        """Add a node's column to a tree that has those of its children."""
        children = sorted(node.children, key=lambda child: child.code)
        try:
            tree.weights.update(self._weigh(node, tree))
        except WeightsUndefined:
            tree.weights.update((child.code, 0.0) for child in children)
            tree.columns[node.code] = _undefined([tree.columns[child.code] for child in children])
            return
        with np.errstate(all="ignore"):  # what leaves the doubles is looked for where it matters
            tree.columns[node.code] = self._aggregate(node, children, tree)

    def _weigh(self, node: Node, tree: Tree) -> dict[str, float]:
        """Return the weights of a node's children by the method that the document names for it."""
        codes = [child.code for child in node.children]
        if self.weights is not None:
            return {code: self.weights[code] for code in codes}
        step = self.model.weights.get(node.code, DIRECT)
        found = step(node.children, [tree.columns[code].values[: self.units.basis] for code in codes])
        return dict(zip(codes, found, strict=True))

    def _aggregate(self, node: Node, children: Sequence[Node], tree: Tree) -> Column:
        self._fill_gaps(node, children, tree)
        below = [tree.columns[child.code] for child in children]
        family = _family(self.model, children, below, tree)
        coverage = _coverage(family, below)
        failed, reasons = _inherited(family, below)
        known = _indicators_known(node, tree) if node.counts_indicators else coverage
        short = ~failed & (known < node.min_coverage - ROUNDING)
        hollow = ~failed & ~(coverage > 0)
        lacking = ~(failed | hollow) & _lacking(node, family)
        values = finite(self._calculate(node, family))
        refused = np.isnan(values) & ~(failed | short | hollow | lacking)
        for where, reason in (
            (lacking, MISSING_CHILD),
            (short, BELOW_MIN_COVERAGE),
            (hollow, NOTHING_PRESENT),
            (refused, NOTHING_TO_RANK if self._is_alone(node) else _failure(node)),
            (refused & _needless(node, family), NOT_DEFINED),
        ):
            reasons.update((int(row), reason) for row in np.flatnonzero(where))
        return Column(
            values=np.where(failed | short | hollow | lacking, np.nan, values),
            applicable=_any([column.applicable for column in below]),
            failed=failed | refused,
            imputed=_any([column.imputed for column in below]),
            coverage=coverage,
            reasons=reasons,
        )

    def _fill_gaps(self, node: Node, children: Sequence[Node], tree: Tree) -> None:
        """Fill the gaps in the children's columns as they or else the node say."""
        columns = [tree.columns[child.code] for child in children]
        if not any(column.gaps.any() for column in columns):
            return
        family = _family(self.model, children, columns, tree)
        # A gap adds nothing, so for a child with a gap the mean of all is the mean of the others.
        siblings = mean_of(family, family.columns)
        around = surroundings(self.units, self.model.scale, siblings=siblings)
        for child, column in zip(children, columns, strict=True):
            tree.columns[child.code] = self._fill(node, child, column, around)

    @staticmethod
    def _fill(node: Node, child: Node, column: Column, around: object) -> Column:
        own = child.indicator.missing if child.indicator is not None else None
        if own is not None and own.name == "sibling_mean":
            column = column.filled(own(column.values, around))
        return column.filled(node.missing(column.values, around))

    def _calculate(self, node: Node, family: Children) -> Array:
        """Return what the node's method makes of the children; units of a reference set are not ranked with others."""
        rows = len(self.units.ids)
        step = node.aggregation
        if step is None or self._is_alone(node) or not any(weight > 0 for weight in family.weights):
            return empty(rows)
        if not step.method.relative:
            return np.asarray(step(family), dtype=np.float64)
        own = [column[self.units.reference :] for column in family.columns]
        ranked = step(Children(family.codes, own, family.weights, family.critical, family.scale))
        return np.concatenate([empty(self.units.reference), ranked])

    def _is_alone(self, node: Node) -> bool:
        """Whether the node would rank one unit with nobody: those of the reference set beside it are not ranked."""
        ranks = node.aggregation is not None and node.aggregation.method.relative
        return ranks and 0 < self.units.reference == len(self.units.ids) - 1


def _family(model: Model, children: Sequence[Node], columns: Sequence[Column], tree: Tree) -> Children:
    return Children(
        codes=[child.code for child in children],
        columns=[column.values for column in columns],
        weights=[tree.weights[child.code] for child in children],
        critical=[child.critical for child in children],
        scale=model.scale,
    )


def _failure(node: Node) -> str:
    return node.aggregation.method.failure if node.aggregation is not None else NOTHING_PRESENT


def _needless(node: Node, family: Children) -> Mask:
    """Return where all is positive that has to be: the result is then beyond the doubles."""
    return (smallest(family) > 0) & (_failure(node) == NOT_POSITIVE)


def _lacking(node: Node, family: Children) -> Mask:
    """Return where a child is missing that the node's formula names."""
    absent = np.zeros(len(family.columns[0]), dtype=np.bool_)
    if node.aggregation is None or not node.aggregation.method.needs_all:
        return absent
    needed = formula.names(formula.parse(node.aggregation.parameters["expression"]))
    for code, column in zip(family.codes, family.columns, strict=True):
        if code in needed:
            absent |= ~present(column)
    return absent


def _coverage(family: Children, below: Sequence[Column]) -> Array:
    """Weight present by weight applicable; NaN where nothing applies."""
    there = weight_present(family)
    gone = [np.isnan(column.values) & column.applicable for column in below]
    return share(there, there + total(weigh(gone, family.ratios())))


def _indicators_known(node: Node, tree: Tree) -> Array:
    """Return how many of the indicators below that count and apply have a value, as a share of them."""
    below = [tree.columns[leaf.code] for leaf in _counted(node, tree)]
    there = total([present(column.values).astype(np.float64) for column in below])
    return share(there, total([column.applicable.astype(np.float64) for column in below]))


def _counted(node: Node, tree: Tree) -> Iterator[Node]:
    """Yield the indicators below a node that have a weight all the way up to it."""
    for child in node.children:
        if tree.weights[child.code] > 0:
            yield from _counted(child, tree) if child.children else (child,)


def _inherited(family: Children, below: Sequence[Column]) -> tuple[Mask, dict[int, str]]:
    """Return where a child with a weight has failed, and the first one's reason."""
    failed = np.zeros(len(below[0].values), dtype=np.bool_)
    reasons: dict[int, str] = {}
    for column, weight in zip(below, family.weights, strict=True):
        if weight > 0 and column.failed.any():
            failed |= column.failed
            for row in np.flatnonzero(column.failed).tolist():
                reasons.setdefault(row, column.reasons[row])
    return failed, reasons


def _undefined(below: Sequence[Column]) -> Column:
    """Return the column of a node whose weights cannot be determined."""
    rows = len(below[0].values)
    nowhere = np.zeros(rows, dtype=np.bool_)
    applicable = _any([column.applicable for column in below])
    reasons = dict.fromkeys(range(rows), WEIGHTS_UNDEFINED)
    return Column(empty(rows), applicable, applicable, nowhere, np.where(applicable, 0.0, np.nan), reasons)


def _any(masks: Sequence[Mask]) -> Mask:
    result = masks[0]
    for mask in masks[1:]:
        result = result | mask
    return result
