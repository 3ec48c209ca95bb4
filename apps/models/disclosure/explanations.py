"""What an explanation says where some of its nodes are withheld."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import resimate_engine as engine
from apps.models.disclosure.nodes import WITHHELD
from apps.models.models import ScoreRun

ACCOUNT: Final = (
    *("value", "coverage", "contribution", "marginal_gain"),
    *("gap", "weighted_gap", "priority", "low", "high"),
)
#: Methods whose result is a sum of parts: what a child brings can be told, and depends on no other's value.
SUMS: Final = frozenset({"arithmetic_mean", "sum"})
STAGES: Final = ("measured", "denominated", "imputed", "treated", "normalised")


def explanation_for(run: ScoreRun, found: Mapping[str, Any], model: engine.Model) -> dict[str, Any]:
    """An explanation without single answers, and without the nodes that the run does not show."""
    if not run.assessment.confidential:
        return dict(found)
    disclosed: Mapping[str, int] = run.disclosed or {}
    nothing: dict[str, Any] = {**dict.fromkeys(ACCOUNT), "reason": WITHHELD, "imputed": False}
    nodes = {code: account if code in disclosed else {**account, **nothing} for code, account in found["nodes"].items()}
    for code, equations in _equations(model, disclosed).items():
        nodes[code] = {**nodes[code], **dict.fromkeys(equations)}
    steps = {
        code: _without_answers(step if code in disclosed else {**step, **dict.fromkeys(STAGES)})
        for code, step in found["indicators"].items()
    }
    head: dict[str, Any] = {}
    if model.root.code not in disclosed:
        head = {**dict.fromkeys(("score", "band", "rank", "coverage", "next_band")), "reason": WITHHELD}
    priorities = [code for code in found["priorities"] if code in disclosed]
    warnings = [
        warning for warning in found["warnings"] if warning["code"] != "group_without_weight"
    ]  # it counts who is in
    return {
        **found,
        **head,
        "nodes": nodes,
        "indicators": steps,
        "priorities": priorities,
        "warnings": warnings,
    }


def _equations(model: engine.Model, disclosed: Collection[str]) -> dict[str, set[str]]:
    """What of each shown node would be one equation more for the values of the withheld ones below or beside it."""
    found: dict[str, set[str]] = {}
    for node in model.nodes.values():
        if all(below.code in disclosed for below in node.walk()):
            continue
        found.setdefault(node.code, set()).update(("low", "high"))
        if node.aggregation is not None and node.aggregation.name not in SUMS:
            for below in node.walk():
                if below is not node:
                    found.setdefault(below.code, set()).update(("contribution", "marginal_gain"))
    return found


def _without_answers(steps: Mapping[str, Any]) -> dict[str, Any]:
    if "questions" not in steps:
        return dict(steps)
    return {**steps, "questions": [{**one, "answers": []} for one in steps["questions"]]}
