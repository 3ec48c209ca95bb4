"""What is looked at before anything recursive touches a document: depth, numbers and text that no step could bear."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from resimate_engine.arrays import HUGE
from resimate_engine.document.schema import DEEPEST
from resimate_engine.problems import Problem
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence

DEEPEST_NESTING: Final = 3 * DEEPEST + 10


Step = str | int


def guard(data: Any) -> Iterator[Problem]:
    """Yield what is wrong with ``data`` as JSON, without recursion."""
    pending: list[tuple[tuple[Step, ...], Any]] = [((), data)]
    while pending:
        place, value = pending.pop()
        problem = _wrong(place, value)
        if problem:
            yield problem
            continue
        if isinstance(value, dict):
            pending.extend(((*place, key), below) for key, below in value.items())
        elif isinstance(value, list):
            pending.extend(((*place, position), below) for position, below in enumerate(value))


def _wrong(place: tuple[Step, ...], value: Any) -> Problem | None:
    if len(place) > DEEPEST_NESTING or place.count("children") > DEEPEST:
        return Problem(
            pointer(*place[:DEEPEST_NESTING]),
            "too_deep",
            Sentence("nodes can be nested at most {most} deep", most=DEEPEST),
        )
    if isinstance(value, str):
        return _wrong_text(place, value)
    if isinstance(value, int | float):
        return _wrong_number(place, value)
    if isinstance(value, dict):
        return _wrong_keys(place, value)
    if value is None or isinstance(value, list):
        return None
    return Problem(pointer(*place), "not_json", Sentence("{kind} is not a JSON value", kind=type(value).__name__))


def _wrong_keys(place: tuple[Step, ...], value: dict[Any, Any]) -> Problem | None:
    if all(isinstance(key, str) and not _wrong_text(place, key) for key in value):
        return None
    return Problem(pointer(*place), "bad_text", Sentence("keys must be text without control characters"))


def _wrong_text(place: tuple[Step, ...], value: str) -> Problem | None:
    if "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value):
        return None
    return Problem(pointer(*place), "bad_text", Sentence("text cannot contain NUL or half a surrogate pair"))


def _wrong_number(place: tuple[Step, ...], value: float) -> Problem | None:
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        return Problem(pointer(*place), "not_finite", Sentence("a number must be a finite double"))
    if abs(value) > HUGE:
        return Problem(pointer(*place), "too_large", Sentence("a number must be within {high:g} of zero", high=HUGE))
    return None
