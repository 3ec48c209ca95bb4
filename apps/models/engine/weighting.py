"""Weights of a node's children, by method. Weights are relative: only their ratios matter."""

from __future__ import annotations

from collections.abc import Sequence

from apps.models.engine.arrays import Array
from apps.models.engine.model import Node
from apps.models.engine.registry import method


@method("weights", "direct")
def direct(children: Sequence[Node], columns: Sequence[Array]) -> list[float]:
    """Return the weights written on the children."""
    return [child.weight for child in children]


@method("weights", "equal")
def equal(children: Sequence[Node], columns: Sequence[Array]) -> list[float]:
    """Return one for every child, whatever is written on it."""
    return [1.0] * len(children)
