"""From the raters' answers to an indicator's column."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import mul
from typing import Any, NamedTuple

import numpy as np

from apps.models.engine.answers import (
    LISTED,
    MISSING,
    NOT_APPLICABLE,
    AnswerOffScale,
    Reader,
    Reading,
    known_readings,
    reader,
)
from apps.models.engine.arrays import share
from apps.models.engine.columns import BELOW_MIN_COVERAGE, Column
from apps.models.engine.model import Node, Question, Scale, Step
from apps.models.engine.problems import pointer
from apps.models.engine.raters import Rating
from apps.models.engine.units import Complaints, Units

ROUNDING = 1e-12


class Item(NamedTuple):
    """A question ready to be read."""

    code: str
    weight: float
    known: Mapping[Any, Reading]
    read: Reader


@dataclass(frozen=True, slots=True)
class Sheet:
    """An indicator's questions, in the order of their codes, and how raters are combined."""

    items: tuple[Item, ...]
    raters: Step
    scale: Scale
    min_coverage: float


class Filled(NamedTuple):
    """What one rater's answers come to: ``value`` is None without any answer."""

    value: float | None
    answered: float
    unanswered: float


def sheet(node: Node, questions: Sequence[Question], raters: Step, scale: Scale) -> Sheet:
    """Return the questions of a node, prepared once for many readings."""
    items = [_item(question) for question in questions]
    return Sheet(tuple(sorted(items, key=lambda item: item.code)), raters, scale, node.min_coverage)


def _item(question: Question) -> Item:
    scale, reverse = question.scale, question.reverse
    return Item(question.code, question.weight, known_readings(scale, reverse=reverse), reader(scale, reverse=reverse))


def column(sheet: Sheet, units: Units, complaints: Complaints) -> Column:
    """Return the indicator's column on the document's scale, over units with their responses."""
    rows = [
        _unit(sheet, place, responses, complaints)
        for place, responses in zip(units.places, units.responses, strict=True)
    ]
    values = np.array([math.nan if row.value is None else row.value for row in rows], dtype=np.float64)
    answered = np.array([row.answered for row in rows], dtype=np.float64)
    asked = answered + np.array([row.unanswered for row in rows], dtype=np.float64)
    coverage = share(answered, asked)
    measured = Column.of(values, asked > 0)
    enough = measured.become(np.where(coverage < sheet.min_coverage - ROUNDING, np.nan, values), BELOW_MIN_COVERAGE)
    return replace(enough, coverage=coverage, raters=tuple(row.raters for row in rows))


@dataclass(frozen=True, slots=True)
class _Row:
    value: float | None
    answered: float
    unanswered: float
    raters: int


def _unit(sheet: Sheet, unit: str, responses: Sequence[Mapping[str, Any]], complaints: Complaints) -> _Row:
    """Return what a unit's responses come to; a unit that nobody answered for has left every question open."""
    if not responses:
        return _Row(None, 0.0, math.fsum(item.weight for item in sheet.items), 0)
    filled = []
    ratings = []
    for position, response in enumerate(responses):
        try:
            one = _fill(sheet, response["answers"])
        except _Refused as refused:
            place = unit + pointer("responses", position, "answers", refused.question)
            complaints.add(place, "answer_off_scale", f"{refused.question}: {refused.detail}")
            continue
        filled.append(one)
        if one.value is not None:
            ratings.append(Rating(one.value, response.get("group")))
    value = sheet.raters(ratings) if ratings else None
    answered = math.fsum(one.answered for one in filled)
    unanswered = math.fsum(one.unanswered for one in filled)
    return _Row(value, answered, unanswered, len(ratings))


class _Refused(Exception):
    def __init__(self, question: str, detail: str) -> None:
        super().__init__(detail)
        self.question = question
        self.detail = detail


def _fill(sheet: Sheet, answers: Mapping[str, Any]) -> Filled:
    """Return the weighted mean of the shares that a rater's answers stand for, on the scale."""
    shares: list[float] = []
    weights: list[float] = []
    missing: list[float] = []
    for code, weight, known, read in sheet.items:
        answer = answers.get(code)
        reading = known.get(answer) if answer.__class__ in LISTED else None
        if reading is None:
            reading = _read(code, read, answer)
        if reading is MISSING:
            missing.append(weight)
        elif reading is not NOT_APPLICABLE:
            shares.append(reading)
            weights.append(weight)
    answered = math.fsum(weights)
    return Filled(_mean(sheet.scale, shares, weights, answered), answered, math.fsum(missing))


def _read(code: str, read: Reader, answer: Any) -> Reading:
    try:
        return read(answer)
    except AnswerOffScale as refused:
        raise _Refused(code, str(refused)) from None


def _mean(scale: Scale, shares: Sequence[float], weights: Sequence[float], total: float) -> float | None:
    if not total > 0:
        return None
    mean = math.fsum(map(mul, shares, weights)) / total
    return scale.low + min(max(mean, min(shares)), max(shares)) * scale.width
