"""What one person says: an answer to each question, and the form in which all of them are stored together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

#: As they are stored: value, comment and moment, by question.
Entries = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question: a number, a list of numbers, ``"not_applicable"``, ``"dont_know"`` or None."""

    question: str
    value: Any
    comment: str
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """An answer as it comes in; without a comment (None) the one that is stored stays."""

    question: str
    value: Any
    answered_at: datetime
    comment: str | None = None


def read(entries: Entries) -> dict[str, Answer]:
    return {
        question: Answer(question, value, comment, datetime.fromisoformat(moment))
        for question, (value, comment, moment) in entries.items()
    }


def values_of(entries: Entries) -> dict[str, Any]:
    return {question: value for question, (value, *_) in entries.items()}


def written(answers: Mapping[str, Answer]) -> Entries:
    """In the order of their questions, so that nothing tells in which order they were given."""
    return {
        question: [answer.value, answer.comment, answer.answered_at.isoformat()]
        for question, answer in sorted(answers.items())
    }


def merged(stored: Mapping[str, Answer], new: Sequence[NewAnswer]) -> dict[str, Answer]:
    """What is stored with what came in; of two answers to one question the later one stays."""
    answers = dict(stored)
    for one in new:
        known = answers.get(one.question)
        if known is None or known.answered_at <= one.answered_at:
            comment = one.comment if one.comment is not None else known.comment if known else ""
            answers[one.question] = Answer(one.question, one.value, comment, one.answered_at)
    return answers
