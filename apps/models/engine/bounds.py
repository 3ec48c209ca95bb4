"""Between which ends a score lies, whatever the answers that are missing turn out to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from apps.models.engine.arrays import Array
from apps.models.engine.columns import Column
from apps.models.engine.indicators import fills_scale
from apps.models.engine.model import Model, Node
from apps.models.engine.tree import Grower, Tree
from apps.models.engine.units import Units


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and the highest value that a node can have, over all units; NaN where nothing can be said."""

    low: Array
    high: Array


def bounds(model: Model, units: Units, tree: Tree) -> Mapping[str, Bounds]:
    """Return every node's bounds: missing indicators at the worst and at the best end of the scale.

    Of a questionnaire that is answered in part, the open part counts by its weight. Weights stay as they were found.
    """
    grower = Grower(model, units, tree.weights)
    worst = grower.grow(_filled(model, tree, model.scale.low)).columns
    best = grower.grow(_filled(model, tree, model.scale.high)).columns
    return {
        code: Bounds(
            np.minimum(worst[code].values, best[code].values), np.maximum(worst[code].values, best[code].values)
        )
        for code in model.nodes
    }


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
