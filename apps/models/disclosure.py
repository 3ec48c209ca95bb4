"""What may be seen of a confidential assessment. Every page, export, explanation and endpoint asks here.

One rule: nothing that one role may see joins a person to their answers. So scores are released in steps: a release
counts at least ``FEWEST`` people more than the one before it and takes in all whom that one counted; while answers come
in it leaves at least ``FEWEST`` of those out who have sent theirs, so that the last release is a full step, too. Who is
in a release before the last is drawn by lot. Of a release, a node is shown when as many people stand behind it, and as
many more than when it was last shown; a sibling is hidden with it where the parent would give it away.
"""

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts import authz
from apps.core.errors import Refused
from apps.core.identity import folded
from apps.models import engine
from apps.models.engine import Node
from apps.models.engine.raters import group_weights
from apps.models.models import Answer, Assessment, ReferenceSet, Response, ScoreRun

#: Fewer people than this could be told apart, so nothing is shown from which their answers could be read.
FEWEST: Final = 5
#: Why a node of a release has no value to show.
WITHHELD: Final = "withheld"
ABSENT: Final = (None, "dont_know", "not_applicable")

Raters = Mapping[str, frozenset[str]]


class NotReleased(Refused):
    code = "not_released"
    status = 404
    title = "Nothing is released yet"

    def __init__(self) -> None:
        super().__init__("Results are shown from five people on, so that nobody's answers can be read from them.")


class AnswersWithheld(Refused):
    code = "answers_withheld"
    status = 403
    title = "Single answers of a confidential campaign are not shown"


def runs_of(assessment: Assessment) -> QuerySet[ScoreRun]:
    """The calculations of an assessment that may be seen."""
    return ScoreRun.objects.shown().filter(assessment=assessment)


# What is released, and when


def is_final(assessment: Assessment) -> bool:
    return assessment.state == Assessment.State.LOCKED


def size_of_release(submitted: int, counted: int, *, final: bool) -> int:
    """How many people the next release counts; 0 while none is due.

    >>> [size_of_release(sent, 0, final=False) for sent in (4, 5, 9, 10, 14, 18)]
    [0, 0, 0, 5, 5, 10]
    >>> size_of_release(14, 5, final=False), size_of_release(15, 5, final=False), size_of_release(14, 5, final=True)
    (0, 10, 14)
    >>> size_of_release(4, 0, final=True), size_of_release(5, 0, final=True), size_of_release(14, 14, final=True)
    (0, 5, 0)
    """
    size = submitted if final else FEWEST * ((submitted - FEWEST) // FEWEST)
    return size if size >= counted + FEWEST else 0


def due_release(assessment: Assessment) -> frozenset[UUID]:
    """The responses that the next release of a locked row counts, drawn by lot; none while no release is due."""
    sent = _submitted(assessment)
    counted = dict(sent.values_list("pk", "is_counted"))
    earlier = [pk for pk, is_counted in counted.items() if is_counted]
    size = size_of_release(len(counted), len(earlier), final=is_final(assessment))
    waiting = sorted(counted.keys() - set(earlier))
    return frozenset([*earlier, *secrets.SystemRandom().sample(waiting, size - len(earlier))] if size else ())


def is_waiting(assessment: Assessment) -> bool:
    """Whether a release is due that has not been calculated."""
    counted = list(_submitted(assessment).values_list("is_counted", flat=True))
    return size_of_release(len(counted), sum(counted), final=is_final(assessment)) > 0


def is_at_its_end(assessment: Assessment) -> bool:
    """Whether the last release is there: nothing that is seen of a confidential assessment changes any more."""
    return is_final(assessment) and not is_waiting(assessment)


def sent_to(assessment: Assessment) -> int:
    """How many people have sent their answers, whether a release counts them or not."""
    return _submitted(assessment).count()


def grouped(responses: Sequence[dict[str, Any]], model: engine.Model) -> list[dict[str, Any]]:
    """The responses of a release without the groups that are too small, unless the score itself rests on groups."""
    if counts_groups(model):
        return list(responses)
    hidden = hidden_groups(Counter(folded(one["group"] or "") for one in responses))
    return [one | {"group": None} if folded(one["group"] or "") in hidden else one for one in responses]


def counts_groups(model: engine.Model) -> bool:
    return any(map(_weighs_groups, model.leaves))


def _weighs_groups(leaf: Node) -> bool:
    return leaf.indicator is not None and leaf.indicator.rater_aggregation.name == "by_group"


def hidden_groups(raters: Mapping[str, int]) -> set[str]:
    """The groups to hide: those with too few raters, and one more where the whole minus the rest would tell of them."""
    hidden = {group for group, count in raters.items() if count < FEWEST}
    shown = Counter({group: count for group, count in raters.items() if group not in hidden})
    if hidden and sum(raters[group] for group in hidden) < FEWEST and shown:
        hidden.add(min(shown, key=lambda group: (shown[group], group)))
    return hidden


def groups_to_hide(model: engine.Model, by_group: Mapping[str, Sequence[Mapping[str, Any]]]) -> set[str]:
    """The groups whose overall score is not compared with the others': what counts is who has answered something."""
    behind = {group: len(people_behind(model, found)[model.root.code]) for group, found in by_group.items()}
    for group, found in by_group.items():
        if model.root.code not in nodes_shown(model, found, {}, {}, final=True):
            behind[group] = min(behind[group], FEWEST - 1)
    return hidden_groups(behind)


# Which nodes of a release are shown


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
) -> dict[str, int]:
    """Return, of each node that a release shows, how many people stand behind it; 0 for what is measured.

    ``earlier`` is what was shown of each node last. What weighs groups is shown in the ``final`` release alone.
    """
    responses = list(responses)
    behind = people_behind(model, responses)
    asked = {code for code, node in model.nodes.items() if any(leaf.indicator.questions for leaf in _leaves(node))}
    now = {code: Shown(len(behind[code]), values.get(code)) for code in asked}
    shown = {code for code in model.nodes if code not in asked or _may_show(now[code], earlier.get(code))}
    shown -= set(_telling_groups(model, responses, final=final))
    _Telling(behind, now, earlier).hide(model.root, shown)
    return {code: len(behind[code]) if code in asked else 0 for code in model.nodes if code in shown}


def earlier_shown(assessment: Assessment) -> dict[str, Shown]:
    """What the releases so far have shown of each node last."""
    found: dict[str, Shown] = {}
    for run in ScoreRun.objects.filter(assessment=assessment, disclosed__isnull=False).order_by("pk"):
        values = dict(run.scores.values_list("node", "value"))
        found |= {code: Shown(people, values.get(code)) for code, people in (run.disclosed or {}).items()}
    return found


def _may_show(now: Shown, last: Shown | None) -> bool:
    if now.people == 0:
        return True  # nobody has answered, which is nobody's answer
    if now.people < FEWEST:
        return False
    return last is None or now == last or now.people >= last.people + FEWEST


def _telling_groups(model: engine.Model, responses: Sequence[Mapping[str, Any]], *, final: bool) -> Iterator[str]:
    """The nodes with a value that weighs groups, from which what a few people of one group said could be worked out.

    A weighted mean of two groups tells both, and the difference of two such means tells of whom a group has more. So
    they come once, at the end, where every group that counts has enough people.
    """
    telling = {leaf.code for leaf in model.leaves if _weighs_groups(leaf) and not (final and _is_safe(leaf, responses))}
    for code, node in model.nodes.items():
        if any(one.code in telling for one in node.walk()):
            yield code


def _is_safe(leaf: Any, responses: Sequence[Mapping[str, Any]]) -> bool:
    weights = group_weights(tuple(leaf.indicator.rater_aggregation.parameters["weights"].items()))
    codes = [question.code for question in leaf.indicator.questions]
    answered = [one for one in responses if any(one["answers"].get(code) not in ABSENT for code in codes)]
    people = Counter(folded(one.get("group") or "") for one in answered)
    return all(count >= FEWEST for group, count in people.items() if weights.get(group, 0) > 0)


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
        return bool(hidden) and (len(unknown) < 2 or min(len(people), sum(map(self._more, unknown))) < FEWEST)

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
    nodes = {code: one if code in disclosed else {**one, **nothing} for code, one in found["nodes"].items()}
    for code, equations in _equations(model, disclosed).items():
        nodes[code] = {**nodes[code], **dict.fromkeys(equations)}
    steps = {
        code: _without_answers(one if code in disclosed else {**one, **dict.fromkeys(STAGES)})
        for code, one in found["indicators"].items()
    }
    head: dict[str, Any] = {}
    if model.root.code not in disclosed:
        head = {**dict.fromkeys(("score", "band", "rank", "coverage", "next_band")), "reason": WITHHELD}
    priorities = [code for code in found["priorities"] if code in disclosed]
    warnings = [one for one in found["warnings"] if one["code"] != "group_without_weight"]  # it counts who is in
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


def questions_shown(model: engine.Model, run: ScoreRun) -> set[str]:
    """The questions whose answers a run's shown nodes rest on."""
    disclosed = run.disclosed or {}
    return {placed.question.code for placed in model.questions if placed.node.code in disclosed}


# Single answers, for those who may read them


def may_read_answers(user: Any) -> bool:
    """Whether the user may read single answers under their pseudonyms: a right of its own."""
    return authz.everywhere(user, "responses:read")


def refuse_single_answers(assessment: Assessment, user: Any) -> None:
    """Single answers are for ``responses:read``, once nothing changes any more and enough people have answered.

    Earlier, two readings would tell the answers of whoever sent theirs anew in between.
    """
    if not assessment.confidential:
        return
    if not may_read_answers(user):
        raise AnswersWithheld("It takes the right to read single answers (responses:read).")
    if not is_at_its_end(assessment) or _submitted(assessment).filter(is_counted=True).count() < FEWEST:
        raise NotReleased


def _submitted(assessment: Assessment) -> QuerySet[Response]:
    return Response.objects.filter(assessment=assessment, submitted_at__isnull=False)


def readable_responses(assessment: Assessment, user: Any) -> QuerySet[Response]:
    """The responses that a user who may read the assessment may read; none that was never sent where it matters."""
    refuse_single_answers(assessment, user)
    rows = Response.objects.filter(assessment=assessment)
    return rows.filter(is_counted=True) if assessment.confidential else rows


def blinded(responses: Iterable[Response], assessment: Assessment) -> list[Response]:
    """Responses without times, and without groups that are too small, where the assessment is confidential."""
    found = list(responses)
    if not assessment.confidential:
        return found
    counted = _submitted(assessment).filter(is_counted=True).values_list("group", flat=True)
    hidden = hidden_groups(Counter(map(folded, counted)))
    for one in found:
        one.started_at = one.submitted_at = one.created_at = None  # type: ignore[assignment]
        one.group = "" if folded(one.group) in hidden else one.group
    return found


def comments_in(assessment: Assessment) -> dict[str, list[str]]:
    """The comments beside counted answers by question, drawn by lot; none where fewer than five people answered."""
    counted = Answer.objects.filter(response__assessment=assessment, response__is_counted=True).order_by("pk")
    answered: Counter[str] = Counter()
    written: dict[str, list[str]] = {}
    for question, value, comment in counted.values_list("question", "value", "comment"):
        answered[question] += value is not None
        if comment.strip():
            written.setdefault(question, []).append(comment)
    lot = secrets.SystemRandom()
    return {code: lot.sample(found, len(found)) for code, found in written.items() if answered[code] >= FEWEST}


def may_read_frozen(reference_set: ReferenceSet, user: Any, model: engine.Model) -> bool:
    """Whether the user may read what a frozen set keeps of confidential assessments, if it keeps any."""
    source = reference_set.source
    if "period" not in source:
        return True
    rows = Assessment.objects.filter(version=reference_set.version_id, period=source["period"])
    frozen = rows.filter(confidential=True).only("pk")
    return not frozen or (may_read_answers(user) and not any(names_small_groups(one, model) for one in frozen))


def names_small_groups(assessment: Assessment, model: engine.Model) -> bool:
    """Whether what went into a score keeps groups that are too small to be named, since the score rests on them."""
    if not counts_groups(model):
        return False
    counted = _submitted(assessment).filter(is_counted=True).values_list("group", flat=True)
    return bool(hidden_groups(Counter(map(folded, counted))))
