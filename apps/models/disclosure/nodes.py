"""Which nodes of a release are shown."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import resimate_engine as engine
from apps.models.disclosure.groups import hidden_groups, weighs_groups
from apps.models.models import Assessment, ScoreRun
from resimate_engine import Node
from resimate_engine.answers import ABSENCES
from resimate_engine.raters import group_weights
from resimate_text.identity import folded

#: Why a node of a release has no value to show.
WITHHELD: Final = "withheld"
ABSENT: Final = (None, *ABSENCES)
Raters = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a release has shown of a node: its value, and how many people stand behind it."""

    people: int
    value: float | None


def nodes_shown(
    model: engine.Model,
    responses: Iterable[Mapping[str, Any]],
    values: Mapping[str, float | None],
    earlier: Mapping[str, Shown],
    *,
    final: bool,
    least: int,
) -> dict[str, int]:
    """Return, of each node that a release shows, how many people stand behind it; 0 for what is measured.

    ``earlier`` is what was shown of each node last. What weighs groups is shown in the ``final`` release alone.
    """
    responses = list(responses)
    behind = people_behind(model, responses)
    asked = {code for code, node in model.nodes.items() if any(leaf.indicator.questions for leaf in _leaves(node))}
    now = {code: Shown(len(behind[code]), values.get(code)) for code in asked}
    shown = {code for code in model.nodes if code not in asked or _may_show(now[code], earlier.get(code), least)}
    shown -= set(_telling_groups(model, responses, least if final else None))
    _Telling(behind, now, earlier, least).hide(model.root, shown)
    return {code: len(behind[code]) for code in model.nodes if code in shown}


def earlier_shown(assessment: Assessment) -> dict[str, Shown]:
    """What the releases so far have shown of each node last."""
    found: dict[str, Shown] = {}
    for run in ScoreRun.objects.filter(assessment=assessment, disclosed__isnull=False).order_by("pk"):
        values = dict(run.scores.values_list("node", "value"))
        found |= {code: Shown(people, values.get(code)) for code, people in (run.disclosed or {}).items()}
    return found


def _may_show(now: Shown, last: Shown | None, least: int) -> bool:
    if now.people == 0:
        return True  # nobody has answered, which is nobody's answer
    if now.people < least:
        return False
    return last is None or now == last or now.people >= last.people + least


def _telling_groups(model: engine.Model, responses: Sequence[Mapping[str, Any]], least: int | None) -> Iterator[str]:
    """The nodes with a value that weighs groups, from which what a few people of one group said could be worked out.

    A weighted mean of two groups tells both, and the difference of two such means tells of whom a group has more. So
    they come once, at the end, where every group that counts has enough people; before, there is no ``least``.
    """
    weighing = [leaf for leaf in model.leaves if weighs_groups(leaf)]
    telling = {leaf.code for leaf in weighing if least is None or not _is_safe(leaf, responses, least)}
    for code, node in model.nodes.items():
        if any(one.code in telling for one in node.walk()):
            yield code


def _is_safe(leaf: Any, responses: Sequence[Mapping[str, Any]], least: int) -> bool:
    weights = group_weights(tuple(leaf.indicator.rater_aggregation.parameters["weights"].items()))
    codes = [question.code for question in leaf.indicator.questions]
    answered = [one for one in responses if any(one["answers"].get(code) not in ABSENT for code in codes)]
    people = Counter(folded(one.get("group") or "") for one in answered)
    return all(count >= least for group, count in people.items() if weights.get(group, 0) > 0)


def _leaves(node: Node) -> list[Any]:
    return [one for one in node.walk() if one.indicator is not None]


def people_behind(model: engine.Model, responses: Iterable[Mapping[str, Any]]) -> Raters:
    """Of each node, who has given an answer from which it is calculated."""
    answered: dict[str, set[str]] = {}
    for response in responses:
        for question, value in response["answers"].items():
            if value not in ABSENT:
                answered.setdefault(question, set()).add(response["rater"])
    return {
        code: frozenset().union(
            *(answered.get(question.code, ()) for leaf in _leaves(node) for question in leaf.indicator.questions)
        )
        for code, node in model.nodes.items()
    }


@dataclass(frozen=True, slots=True)
class _Telling:
    """Where a parent and its other parts would give a hidden node away.

    ``now`` and ``earlier`` are what there is of the nodes that are asked, and what was shown of each last. A node that
    has not changed since is known, so it hides no other.
    """

    behind: Raters
    now: Mapping[str, Shown]
    earlier: Mapping[str, Shown]
    least: int

    def hide(self, node: Node, shown: set[str]) -> None:
        """From the leaves up, hide a sibling too where that helps, else the parent."""
        for child in node.children:
            self.hide(child, shown)
        while node.code in shown and self._tells(node, shown):
            others = [child for child in node.children if child.code in shown and self._is_unknown(child.code)]
            if others:
                least = min(others, key=lambda child: (bool(child.children), len(self.behind[child.code]), child.code))
                shown.difference_update(below.code for below in least.walk())
            else:
                shown.discard(node.code)

    def _tells(self, node: Node, shown: Collection[str]) -> bool:
        hidden = [child.code for child in node.children if child.code not in shown]
        unknown = [code for code in hidden if self._is_unknown(code)]
        people: frozenset[str] = frozenset().union(*(self.behind[code] for code in unknown))
        return bool(hidden) and (len(unknown) < 2 or min(len(people), sum(map(self._more, unknown))) < self.least)

    def _is_unknown(self, code: str) -> bool:
        return code in self.now and self.now[code] != self.earlier.get(code)

    def _more(self, code: str) -> int:
        """How many people more stand behind a node than when it was shown last."""
        last = self.earlier.get(code)
        return max(0, self.now[code].people - (last.people if last else 0))


def withheld_from(result: Mapping[str, Any], disclosed: Mapping[str, int], root: str) -> dict[str, Any]:
    """A unit's result with nothing but the nodes that are shown."""
    nothing: dict[str, Any] = {"value": None, "coverage": None, "flags": [], "reason": WITHHELD, "raters": None}
    nodes = {code: node if code in disclosed else {**node, **nothing} for code, node in result["nodes"].items()}
    head = {} if root in disclosed else {"score": None, "reason": WITHHELD, "band": None, "coverage": None}
    return {**result, **head, "nodes": nodes}


def questions_shown(model: engine.Model, run: ScoreRun) -> set[str]:
    """The questions whose answers a run's shown nodes rest on."""
    disclosed = run.disclosed or {}
    return {placed.question.code for placed in model.questions if placed.node.code in disclosed}


def groups_to_hide(model: engine.Model, by_group: Mapping[str, Sequence[Mapping[str, Any]]], least: int) -> set[str]:
    """The groups whose overall score is not compared with the others': what counts is who has answered something."""
    behind = {group: len(people_behind(model, found)[model.root.code]) for group, found in by_group.items()}
    for group, found in by_group.items():
        if model.root.code not in nodes_shown(model, found, {}, {}, final=True, least=least):
            behind[group] = min(behind[group], least - 1)
    return hidden_groups(behind, least)
