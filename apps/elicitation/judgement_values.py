"""Judgements in numbers: whether they are whole, how the engine takes them, and what they come to.

A budget is 100 points, shared out in whole points. A comparison says which of two children matters more and how much,
on Saaty's scale from 1 (equally) to 9 (extremely). Saaty, The Analytic Hierarchy Process (1980).
"""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from apps.core.errors import Problem
from apps.elicitation.question_snapshot import AskedNode
from apps.models.services import find_weights
from resimate_engine.calculators import INCONSISTENT
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence

BUDGET: Final = 100
STRENGTHS: Final = range(1, 10)
#: Saaty's random index, by which consistency is judged, is known up to 15 things; that is 105 questions.
MOST_COMPARED: Final = 15
AHP: Final = "ahp"

Value = Mapping[str, Any]
Row = Any  # an allocation, or a matrix


def empty(method: str) -> dict[str, Any]:
    return {"comparisons": []} if method == AHP else {"points": {}}


def is_empty(value: Value) -> bool:
    return not any(value.values())


def problems(method: str, node: AskedNode, value: Value) -> list[Problem]:
    """What keeps a judgement from counting, with pointers into it."""
    return list(_of_comparisons(node, value) if method == AHP else _of_points(node, value))


def is_whole(method: str, node: AskedNode, value: Value) -> bool:
    return not problems(method, node, value)


def count_questions(method: str, nodes: Sequence[AskedNode]) -> int:
    """How much an expert is asked: a question a pair, or a budget a node."""
    return sum(len(node.pairs) for node in nodes) if method == AHP else len(nodes)


def total(value: Value) -> int:
    return sum(value.get("points", {}).values())


def _of_points(node: AskedNode, value: Value) -> Iterator[Problem]:
    points = value.get("points")
    if points is None:
        yield Problem("/points", Sentence("send points for each part"), "required")
        return
    for code, number in points.items():
        if code not in node.codes:
            detail = Sentence("{node!r} has no part {code!r}", node=node.code, code=code)
            yield Problem(pointer("points", code), detail, "unknown_node")
        elif not 0 <= number <= BUDGET:
            yield Problem(pointer("points", code), Sentence("give 0 to {budget} points", budget=BUDGET), "out_of_range")
    if (given := total(value)) != BUDGET:
        detail = Sentence("the points add up to {given}, not {budget}", given=given, budget=BUDGET)
        yield Problem("/points", detail, "missing" if given < BUDGET else "sum")


def _of_comparisons(node: AskedNode, value: Value) -> Iterator[Problem]:
    comparisons = value.get("comparisons")
    if comparisons is None:
        yield Problem("/comparisons", Sentence("send a comparison for each pair"), "required")
        return
    seen: set[frozenset[str]] = set()
    for number, comparison in enumerate(comparisons):
        at, pair = f"/comparisons/{number}", frozenset((comparison["more"], comparison["less"]))
        yield from _of_comparison(node, comparison, at)
        if pair in seen:
            yield Problem(at, Sentence("this pair appears twice"), "duplicate")
        seen.add(pair)
    for first, second in node.pairs:
        if {first.code, second.code} not in seen:
            detail = Sentence("{first!r} and {second!r} are not compared", first=first.code, second=second.code)
            yield Problem("/comparisons", detail, "missing")


def _of_comparison(node: AskedNode, one: Mapping[str, Any], at: str) -> Iterator[Problem]:
    for name in ("more", "less"):
        if one[name] not in node.codes:
            detail = Sentence("{node!r} has no part {code!r}", node=node.code, code=one[name])
            yield Problem(f"{at}/{name}", detail, "unknown_node")
    if one["more"] == one["less"]:
        yield Problem(f"{at}/less", Sentence("a part cannot be compared with itself"), "same")
    if one["strength"] not in STRENGTHS:
        yield Problem(f"{at}/strength", Sentence("must be from 1 (equally) to 9 (extremely)"), "out_of_range")


def row_of(method: str, codes: Sequence[str], value: Value) -> Row:
    """A whole judgement as the engine and the model document take it: an allocation, or a matrix, in that order."""
    if method != AHP:
        return [float(value["points"].get(code, 0)) for code in codes]
    ratios = {(code, code): 1.0 for code in codes}
    for one in value["comparisons"]:
        ratios[one["more"], one["less"]] = float(one["strength"])
        ratios[one["less"], one["more"]] = 1.0 / one["strength"]
    return [[ratios[first, second] for second in codes] for first in codes]


def step_of(method: str, rows: Sequence[Row]) -> dict[str, Any]:
    """Rows as a method of a model document's ``weights``, which is also what the engine's calculation takes."""
    return {"method": method, "matrices" if method == AHP else "allocations": list(rows)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Weights in the order of the children, summing to one; ``ratio`` (CR) is None for budgets."""

    weights: tuple[float, ...]
    ratio: float | None

    @property
    def is_inconsistent(self) -> bool:
        return self.ratio is not None and self.ratio > INCONSISTENT


def outcome(method: str, rows: Sequence[Row]) -> Outcome:
    """What one judgement, or several combined, comes to: the engine decides."""
    found = find_weights(step_of(method, rows))
    consistency = found.get("consistency")
    return Outcome(tuple(found["weights"]), consistency["ratio"] if consistency else None)


@dataclass(frozen=True, slots=True)
class Doubt:
    """The comparison that fits the others least: what was said, and what the others suggest.

    ``said`` and ``fitting`` are how many times ``first`` matters as much as ``second``.
    """

    first: int
    second: int
    said: float
    fitting: float


def least_consistent(matrix: Sequence[Sequence[float]], weights: Sequence[float]) -> Doubt:
    """The comparison farthest from the ratio of the weights: the largest a_ij w_j / w_i (Saaty, 2003, section 4).

    Of three parts all comparisons are equally far: then it is the boldest.

    >>> least_consistent([[1, 2, 8], [1 / 2, 1, 1], [1 / 8, 1, 1]], (0.6, 0.25, 0.15)).second
    2
    """

    def strain(pair: tuple[int, int]) -> tuple[float, float]:
        ratio_said, fitting = matrix[pair[0]][pair[1]], weights[pair[0]] / weights[pair[1]]
        return round(abs(math.log(ratio_said / fitting)), 9), abs(math.log(ratio_said))

    first, second = max(combinations(range(len(weights)), 2), key=strain)
    return Doubt(first, second, matrix[first][second], weights[first] / weights[second])


@dataclass(frozen=True, slots=True)
class Spread:
    """How far experts lie apart on one child's weight; ``deviation`` is the sample's standard deviation."""

    low: float
    high: float
    deviation: float


def spread(weights: Sequence[float]) -> Spread:
    deviation = statistics.stdev(weights) if len(weights) > 1 else 0.0
    return Spread(min(weights), max(weights), deviation)
