"""What if: changed inputs, values and weights on a calculation, and the least effort to a target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from resimate_engine.arrays import finite
from resimate_engine.columns import Column
from resimate_engine.explain import defined, explain
from resimate_engine.model import Model
from resimate_engine.problems import DataInvalid, Problem
from resimate_engine.scoring import Calculation, calculate, nullable
from resimate_engine.tree import TreeAggregator
from resimate_engine.units import is_number
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence

KINDS: Final = ("input", "node", "weight")
ACTIONS: Final = ("set", "add", "scale")
LINEAR: Final = frozenset({"arithmetic_mean"})

Change = Mapping[str, Any]


def what_if(model: Model, units: Any, unit: str, changes: Any) -> dict[str, Any]:
    """Return every node's value of one unit before and after ``changes``, in plain JSON values.

    A change names one of ``KINDS`` and one of ``ACTIONS``: ``{"input": "gdp", "scale": 1.1}``,
    ``{"node": "health", "set": 80}``, ``{"weight": "health", "add": 1}``. Nodes are indicators: a dimension follows
    from them. Raises ``DataInvalid``.
    """
    before = calculate(model, units)
    row = _row(before, unit)
    _check(model, changes)
    after = calculate(model, [_changed(one, unit, changes) for one in units])
    weights = dict(before.tree.weights)
    for change in changes:
        if "weight" in change:
            weights[change["weight"]] = max(_act(change, weights[change["weight"]]), 0.0)
    leaves = {leaf.code: after.tree.columns[leaf.code] for leaf in model.leaves}
    for change in changes:
        if "node" in change:
            leaves[change["node"]] = _moved(leaves[change["node"]], row, change)
    tree = TreeAggregator(model, after.units, weights).aggregate(leaves)
    return {
        "id": unit,
        "nodes": {code: _difference(before.tree.columns[code], tree.columns[code], row) for code in model.nodes},
    }


def _row(calculation: Calculation, unit: str) -> int:
    if unit not in calculation.ids:
        raise DataInvalid([Problem("/unit", "unknown_unit", Sentence("there is no unit {unit!r}", unit=unit))])
    return int(calculation.units.given[calculation.ids.index(unit)])


def _check(model: Model, changes: Any) -> None:
    if not isinstance(changes, list):
        raise DataInvalid([Problem("/changes", "not_a_list", Sentence("changes must be a list"))])
    known = {
        "input": {item.name for item in model.inputs},
        "node": {leaf.code for leaf in model.leaves},
        "weight": model.nodes.keys(),
    }
    problems = [
        problem for at, change in enumerate(changes) for problem in _wrong(pointer("changes", at), change, known)
    ]
    if problems:
        raise DataInvalid(problems)


def _wrong(place: str, change: Any, known: Mapping[str, Any]) -> list[Problem]:
    if not isinstance(change, Mapping) or len(change) != 2:
        detail = Sentence("a change must have one of {kinds} and one of {actions}", kinds=KINDS, actions=ACTIONS)
        return [Problem(place, "wrong_shape", detail)]
    kinds, actions = change.keys() & set(KINDS), change.keys() & set(ACTIONS)
    if len(kinds) != 1 or len(actions) != 1:
        detail = Sentence("a change must have one of {kinds} and one of {actions}", kinds=KINDS, actions=ACTIONS)
        return [Problem(place, "wrong_shape", detail)]
    kind, action = kinds.pop(), actions.pop()
    if not isinstance(change[kind], str) or change[kind] not in known[kind]:
        detail = Sentence("there is no {kind} {name!r}", kind=kind, name=change[kind])
        return [Problem(f"{place}/{kind}", f"unknown_{kind}", detail)]
    if not is_number(change[action]):
        return [Problem(f"{place}/{action}", "not_a_number", Sentence("a finite number is needed here"))]
    return []


def _act(change: Change, value: float) -> float:
    if "set" in change:
        return float(change["set"])
    return float(value + change["add"] if "add" in change else value * change["scale"])


def _changed(unit: Mapping[str, Any], name: str, changes: Sequence[Change]) -> Mapping[str, Any]:
    """Return a unit with the changes to its inputs; adding to what is missing changes nothing."""
    if unit["id"] != name:
        return unit
    values = dict(unit.get("values") or {})
    for change in changes:
        if "input" in change and ("set" in change or is_number(values.get(change["input"]))):
            values[change["input"]] = _act(change, values.get(change["input"], 0.0))
    return {**unit, "values": values}


def _moved(column: Column, row: int, change: Change) -> Column:
    values = column.values.copy()
    values[row] = _act(change, float(values[row]))
    values = finite(values)
    there = ~np.isnan(values)
    return replace(
        column,
        values=values,
        applicable=column.applicable | there,
        failed=column.failed & ~there,
    )


def _difference(before: Column, after: Column, row: int) -> dict[str, float | None]:
    one, other = nullable(before.values)[row], nullable(after.values)[row]
    return {"before": one, "after": other, "delta": None if one is None or other is None else defined(other - one)}


def seek(model: Model, units: Any, unit: str, target: float) -> dict[str, Any]:
    """Return the least weighted effort that lifts a unit's score to ``target``, indicator by indicator.

    Under arithmetic means the score is linear, so the best plan takes the indicators in the order of effective weight
    for the effort, each at most to the top of the scale. Effort is points times the node's ``effort``. Raises
    ``DataInvalid`` for models that aggregate otherwise.
    """
    _check_linear(model)
    found = explain(model, units, unit)
    nodes = {leaf.code: found["nodes"][leaf.code] for leaf in model.leaves}
    worth = {code: node["effective_weight"] / model.nodes[code].effort for code, node in nodes.items()}
    gap = target - found["score"] if found["score"] is not None else 0.0
    steps = []
    for code in sorted((code for code in nodes if worth[code] > 0), key=lambda code: (-worth[code], code)):
        node = nodes[code]
        points = min(gap / node["effective_weight"], model.scale.high - node["value"])
        if points > 0:
            steps.append({"code": code, "from": node["value"], "to": node["value"] + points, "points": points})
            gap -= points * node["effective_weight"]
    return {"id": unit, "score": found["score"], "target": target, "short": max(gap, 0.0), "steps": steps}


def _check_linear(model: Model) -> None:
    for node in model.nodes.values():
        if node.aggregation is not None and node.aggregation.name not in LINEAR:
            reason = Sentence("{node} is aggregated by {method}", node=node.code, method=node.aggregation.name)
            detail = Sentence("only arithmetic means can be planned for: {reason}", reason=reason)
            raise DataInvalid([Problem("/model", "not_linear", detail)])
