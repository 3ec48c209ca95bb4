"""From the raters' answers to an indicator's column.

Readings of many responses are columns too: a share from 0 to 1, NaN where an answer is missing and infinity where the
question does not apply.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

from resimate_engine.aggregation import Children, arithmetic_mean, total
from resimate_engine.answers import LISTED, MISSING, AnswerOffScale, Reader, Reading, known_readings, reader
from resimate_engine.arrays import Array, present, share, weigh
from resimate_engine.columns import BELOW_MIN_COVERAGE, Column
from resimate_engine.model import Node, Question, Scale, Step
from resimate_engine.raters import UNCHANGED_ALONE, Rating
from resimate_engine.units import ProblemCollector, Units
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence

ROUNDING = 1e-12
APART: Final = math.inf  # stands for "not applicable" in a column of readings


class Item(NamedTuple):
    """A question ready to be read."""

    code: str
    weight: float
    known: Mapping[Any, float]
    read: Reader


@dataclass(frozen=True, slots=True)
class Sheet:
    """An indicator's questions, in the order of their codes, and how raters are combined."""

    items: tuple[Item, ...]
    raters: Step
    scale: Scale
    min_coverage: float


@dataclass(frozen=True, slots=True)
class Replies:
    """The responses of all units one after the other; those of unit i are from ``starts[i]`` to ``starts[i + 1]``.

    ``answers`` holds, question by question, an answer a response.
    """

    answers: Mapping[str, Sequence[Any]]
    groups: Sequence[str | None]
    places: Sequence[tuple[int, int]]
    starts: Sequence[int]

    @property
    def single(self) -> bool:
        """Whether every unit has one response."""
        return list(self.starts) == list(range(len(self.places) + 1))

    @classmethod
    def of(cls, units: Units, codes: Sequence[str]) -> Replies:
        """Return the answers of ``units`` to the questions ``codes``."""
        flat = [response for responses in units.responses for response in responses]
        answers = [tuple(map(response["answers"].get, codes)) for response in flat]
        return cls(
            answers=dict(zip(codes, zip(*answers, strict=True) if flat else ((),) * len(codes), strict=True)),
            groups=[response.get("group") for response in flat],
            places=[(at, position) for at, found in enumerate(units.responses) for position in range(len(found))],
            starts=np.cumsum([0, *map(len, units.responses)]).tolist(),
        )


class Filled(NamedTuple):
    """What responses come to: the value (NaN without any answer), and the weights answered and left open."""

    values: Array
    answered: Array
    unanswered: Array


def sheet(node: Node, questions: Sequence[Question], raters: Step, scale: Scale) -> Sheet:
    """Return the questions of a node, prepared once for many readings."""
    items = [_item(question) for question in questions]
    return Sheet(tuple(sorted(items, key=lambda item: item.code)), raters, scale, node.min_coverage)


def _item(question: Question) -> Item:
    known = known_readings(question.scale, reverse=question.reverse)
    listed = {answer: _number(reading) for answer, reading in known.items()}
    return Item(question.code, question.weight, listed, reader(question.scale, reverse=question.reverse))


def _number(reading: Reading) -> float:
    if isinstance(reading, float):
        return reading
    return math.nan if reading is MISSING else APART


def column(sheet: Sheet, units: Units, replies: Replies, problems: ProblemCollector) -> Column:
    """Return the indicator's column on the document's scale, over units with their responses."""
    filled = _fill(sheet, [_readings(item, units, replies, problems) for item in sheet.items])
    combined, raters = _combine(sheet, replies, filled)
    answerable = combined.answered + combined.unanswered
    coverage = share(combined.answered, answerable)
    measured = Column.of(combined.values, answerable > 0)
    short = coverage < sheet.min_coverage - ROUNDING
    enough = measured.become(np.where(short, np.nan, combined.values), BELOW_MIN_COVERAGE)
    return replace(enough, coverage=coverage, raters=raters)


def _readings(item: Item, units: Units, replies: Replies, problems: ProblemCollector) -> Array:
    """Return what a question's answers stand for, a number a response."""
    answers, values = replies.answers[item.code], item.known
    if LISTED.issuperset(map(type, answers)) and values.keys() >= set(answers):
        return np.array([values[answer] for answer in answers], dtype=np.float64)
    readings = []
    for answer, (unit, position) in zip(answers, replies.places, strict=True):
        try:
            readings.append(_number(item.read(answer)))
        except AnswerOffScale as refused:
            at = units.places[unit] + pointer("responses", position, "answers", item.code)
            detail = Sentence("{code}: {problem}", code=item.code, problem=str(refused))
            problems.add(at, "answer_off_scale", detail)
            readings.append(math.nan)
    return np.array(readings, dtype=np.float64)


def _fill(sheet: Sheet, readings: Sequence[Array]) -> Filled:
    """Return the weighted mean of the shares that each response's answers stand for, on the scale."""
    weights = [item.weight for item in sheet.items]
    counted = [np.where(np.isfinite(reading), reading, np.nan) for reading in readings]
    codes, critical = [item.code for item in sheet.items], [False] * len(weights)
    mean = arithmetic_mean(Children(codes, counted, weights, critical, sheet.scale))
    answered = total(weigh([present(reading) for reading in counted], weights))
    unanswered = total(weigh([np.isnan(reading) for reading in readings], weights))
    return Filled(sheet.scale.low + mean * sheet.scale.width, answered, unanswered)


def _combine(sheet: Sheet, replies: Replies, filled: Filled) -> tuple[Filled, tuple[int, ...]]:
    """Return what each unit's responses come to together, and how many of its raters have a value."""
    counted = present(filled.values)
    if sheet.raters.name in UNCHANGED_ALONE and replies.single:
        return filled, tuple(counted.astype(int).tolist())
    rated = [_together(sheet, replies, filled, start, stop) for start, stop in pairwise(replies.starts)]
    values, answered, unanswered = np.array(rated, dtype=np.float64).reshape(-1, 3).T
    raters = [int(counted[start:stop].sum()) for start, stop in pairwise(replies.starts)]
    return Filled(values, answered, unanswered), tuple(raters)


def _together(
    sheet: Sheet, replies: Replies, filled: Filled, start: int, stop: int
) -> tuple[float | None, float, float]:
    """Return one unit's value and weights; a unit that nobody answered for has left every question open."""
    if start == stop:
        return None, 0.0, math.fsum(item.weight for item in sheet.items)
    ratings = [
        Rating(value, group)
        for value, group in zip(filled.values[start:stop].tolist(), replies.groups[start:stop], strict=True)
        if not math.isnan(value)
    ]
    answered, unanswered = math.fsum(filled.answered[start:stop]), math.fsum(filled.unanswered[start:stop])
    return sheet.raters(ratings) if ratings else None, answered, unanswered
