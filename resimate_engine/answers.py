"""From an answer to a share of its response scale: 0 is the worst answer, 1 the best."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

from resimate_engine.model import ResponseScale
from resimate_text.sentences import Sentence


class Absent(Enum):
    """Why an answer carries no value."""

    MISSING = "missing"
    NOT_APPLICABLE = "not_applicable"


#: What may stand in the place of an answer.
ABSENCES: Final = ("dont_know", "not_applicable")
MISSING: Final = Absent.MISSING
NOT_APPLICABLE: Final = Absent.NOT_APPLICABLE

Reading: TypeAlias = float | Literal[Absent.MISSING, Absent.NOT_APPLICABLE]
Reader: TypeAlias = Callable[[Any], Reading]


class AnswerOffScale(ValueError):
    """An answer that its response scale does not offer; the message is fit to show."""


def reader(scale: ResponseScale, *, reverse: bool = False) -> Reader:
    """Return the function that reads answers on ``scale``; it raises ``AnswerOffScale``."""
    absences = _absences(scale)
    share = SHARES[scale.kind](scale)

    def read(answer: Any) -> Reading:
        if answer is None or isinstance(answer, str):
            absence = absences.get(answer)
            if absence is not None:
                return absence
        value = share(answer)
        return 1.0 - value if reverse else value

    return read


def known_readings(scale: ResponseScale, *, reverse: bool = False) -> dict[Any, Reading]:
    """Return what ``reader`` would say to the answers that can be listed, for reading many quickly.

    True and 1 are one key of a dictionary, so only answers of a class in ``LISTED`` may be looked up here.
    """
    read = reader(scale, reverse=reverse)
    listed = [option.value for option in scale.options] if scale.kind == "ordinal" else []
    return {answer: read(answer) for answer in (*_absences(scale), *listed)}


LISTED: Final = frozenset({int, float, str, type(None)})


def _absences(scale: ResponseScale) -> dict[str | None, Absent]:
    absent: dict[str | None, Absent] = {None: MISSING}
    if scale.allow_dont_know:
        absent["dont_know"] = MISSING
    if scale.allow_not_applicable:
        absent["not_applicable"] = NOT_APPLICABLE
    return absent


def _ordinal(scale: ResponseScale) -> Callable[[Any], float]:
    """Option value v between the lowest a and the highest b counts (v - a) / (b - a)."""
    values = [float(option.value) for option in scale.options]
    low, high = min(values), max(values)
    shares = {value: (value - low) / (high - low) for value in values}

    def share(answer: Any) -> float:
        if isinstance(answer, bool) or not isinstance(answer, int | float) or answer not in shares:
            raise AnswerOffScale(Sentence("not one of the options of {scale}", scale=scale.code))
        return shares[answer]

    return share


def _numeric(scale: ResponseScale) -> Callable[[Any], float]:
    """A number x from low to high counts (x - low) / (high - low)."""

    def share(answer: Any) -> float:
        if isinstance(answer, bool) or not isinstance(answer, int | float):
            raise AnswerOffScale(Sentence("not a number"))
        if not scale.low <= answer <= scale.high:
            raise AnswerOffScale(Sentence("not between {low:g} and {high:g}", low=scale.low, high=scale.high))
        return float((answer - scale.low) / (scale.high - scale.low))

    return share


def _boolean(scale: ResponseScale) -> Callable[[Any], float]:
    """Yes counts 1, no 0."""

    def share(answer: Any) -> float:
        if answer is not True and answer is not False:
            raise AnswerOffScale(Sentence("neither true nor false"))
        return float(answer)

    return share


def _multi(scale: ResponseScale) -> Callable[[Any], float]:
    """The options chosen count the sum of their points, of all points there are."""
    points = {option.value: option.points for option in scale.options}
    most = math.fsum(points.values())

    def share(answer: Any) -> float:
        if not isinstance(answer, list) or any(isinstance(choice, bool | list | dict) for choice in answer):
            raise AnswerOffScale(Sentence("not a list of options"))
        if len(set(answer)) < len(answer) or not points.keys() >= set(answer):
            raise AnswerOffScale(Sentence("not a list of different options of {scale}", scale=scale.code))
        return math.fsum(points[choice] for choice in answer) / most

    return share


SHARES: Final = {"ordinal": _ordinal, "numeric": _numeric, "boolean": _boolean, "multi": _multi}
