"""From indicators up to the root: every node's column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from apps.models.engine.aggregation import Children, total, weight_present
from apps.models.engine.arrays import Array, Mask, finite, share, weigh
from apps.models.engine.columns import BELOW_MIN_COVERAGE, MISSING, NOTHING_PRESENT, Column
from apps.models.engine.model import Model, Node, Step
from apps.models.engine.questionnaire import ROUNDING

DIRECT = Step("weights", "direct")


@dataclass(frozen=True, slots=True)
class Tree:
    """Columns and weights of all nodes by code; weights are those that the aggregation above used."""

    columns: Mapping[str, Column]
    weights: Mapping[str, float]


def grow(model: Model, leaves: Mapping[str, Column]) -> Tree:
    """Aggregate ``leaves`` up to the root."""
    columns = dict(leaves)
    weights = {model.root.code: model.root.weight}
    _grow(model, model.root, columns, weights)
    return Tree(columns, weights)


def _grow(model: Model, node: Node, columns: dict[str, Column], weights: dict[str, float]) -> None:
    if not node.children:
        return
    for child in node.children:
        _grow(model, child, columns, weights)
    step = model.weights.get(node.code, DIRECT)
    found = step(node.children, [columns[child.code].values for child in node.children])
    weights.update(zip((child.code for child in node.children), found, strict=True))
    children = sorted(node.children, key=lambda child: child.code)
    columns[node.code] = aggregate(model, node, children, columns, weights)


def aggregate(
    model: Model, node: Node, children: Sequence[Node], columns: Mapping[str, Column], weights: Mapping[str, float]
) -> Column:
    """Return a node's column from its children's, which come sorted by code."""
    below = [columns[child.code].filled(node.missing(columns[child.code].values)) for child in children]
    family = Children(
        codes=[child.code for child in children],
        columns=[column.values for column in below],
        weights=[weights[child.code] for child in children],
        critical=[child.critical for child in children],
        scale=model.scale,
    )
    coverage = _coverage(family, below)
    failed, reasons = _inherited(family, below)
    short = ~failed & (coverage < node.min_coverage - ROUNDING)
    empty = ~failed & ~(coverage > 0)
    values = finite(_calculate(node, family))
    refused = np.isnan(values) & ~(failed | short | empty)
    _explain(reasons, short, BELOW_MIN_COVERAGE)
    _explain(reasons, empty, NOTHING_PRESENT)
    _explain(reasons, refused, _failure(node))
    return Column(
        values=np.where(failed | short | empty, np.nan, values),
        applicable=_any([column.applicable for column in below]),
        failed=failed | refused,
        imputed=_any([column.imputed for column in below]),
        coverage=coverage,
        reasons=reasons,
    )


def _calculate(node: Node, family: Children) -> Array:
    assert node.aggregation is not None  # noqa: S101 - the document was checked: children come with an aggregation
    with np.errstate(all="ignore"):
        result: Array = node.aggregation(family)
    return result


def _failure(node: Node) -> str:
    return node.aggregation.method.failure if node.aggregation else MISSING


def _coverage(family: Children, below: Sequence[Column]) -> Array:
    """Weight present by weight applicable; NaN where nothing applies."""
    there = weight_present(family)
    asked = there + total(weigh([np.isnan(column.values) & column.applicable for column in below], family.weights))
    return share(there, asked)


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


def _explain(reasons: dict[int, str], where: Mask, reason: str) -> None:
    reasons.update((int(row), reason) for row in np.flatnonzero(where))


def _any(masks: Sequence[Mask]) -> Mask:
    result = masks[0]
    for mask in masks[1:]:
        result = result | mask
    return result
