"""Bounds of moments and days: near enough to today that arithmetic, time zones and databases all bear them."""

from datetime import date, datetime, timedelta
from typing import Final

from apps.core.errors import Problem
from resimate_text.sentences import Sentence

YEARS: Final = 10
HORIZON: Final = timedelta(days=YEARS * 365 + 2)


def problem_beyond(moment: datetime | None, now: datetime, pointer: str) -> Problem | None:
    """What is wrong with a moment that is more than ten years away, in either direction."""
    if moment is None or abs(moment - now) <= HORIZON:
        return None
    return Problem(pointer, _beyond(), "too_far")


def problem_of_day(day: date | None, today: date, pointer: str) -> Problem | None:
    """What is wrong with a day by which somebody is to answer."""
    if day is None or today <= day <= today + HORIZON:
        return None
    return Problem(pointer, Sentence("Choose a day in the future.") if day < today else _beyond(), "too_far")


def _beyond() -> Sentence:
    return Sentence("Choose a date at most {years} years away.", years=YEARS)


def after(moment: datetime, delta: timedelta) -> datetime:
    """``moment + delta``, and the moment itself where the calendar ends before that."""
    try:
        return moment + delta
    except OverflowError:
        return moment
