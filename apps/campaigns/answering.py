"""Between a question and its controls on a page: what stands in the form, and what came back."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from apps.models.engine import Model, PlacedQuestion, Question
from apps.models.models import Answer

ABSENCES = ("dont_know", "not_applicable")
MOST_SEGMENTS, LONGEST_LABEL, LONGEST_WORD = 5, 30, 12
LONGEST_COMMENT = 5000
#: An answer waits on a device no longer than this; a clock that says otherwise is wrong.
LONGEST_WAIT = timedelta(days=90)

Posted = Mapping[str, str]


class Unreadable(ValueError):
    """What came back is no answer to the question; the message is fit to show."""


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    value: str
    label: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as it was sent; ``seen`` is the moment of the answer that the page showed."""

    value: Any
    comment: str
    seen: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer, ready to show."""

    code: str
    text: str
    help: str
    kind: str
    options: tuple[Choice, ...]
    absences: tuple[Choice, ...]
    text_value: str
    comment: str
    seen: str
    segmented: bool
    required: bool
    low: str
    high: str
    error: str = ""
    note: str = ""

    @property
    def params(self) -> str:
        """The names of its controls: what is sent when one of them changes."""
        names = {choice.name for choice in (*self.options, *self.absences)} | {f"q-{self.code}"}
        return ",".join([*sorted(names), f"c-{self.code}", f"s-{self.code}"])

    @property
    def is_single_choice(self) -> bool:
        return self.kind in ("ordinal", "boolean")

    @property
    def answer_text(self) -> str:
        """The answer in words, for the page on which answers are checked."""
        chosen = [choice.label for choice in (*self.options, *self.absences) if choice.checked]
        return self.text_value or ", ".join(chosen)

    @property
    def is_answered(self) -> bool:
        return bool(self.answer_text)

    def with_error(self, error: str) -> "Asked":
        return replace(self, error=error)

    def with_note(self, note: str) -> "Asked":
        return replace(self, note=note)


def asked(placed: PlacedQuestion, answer: Answer | None, model: Model, language: str) -> Asked:
    question = placed.question
    options = _options(question, answer, model, language)
    value = answer.value if answer else None
    numeric = question.scale.kind == "numeric" and isinstance(value, int | float)
    return Asked(
        code=question.code,
        text=model.text(question.text, language, otherwise=question.code),
        help=model.text(question.help, language),
        kind=question.scale.kind,
        options=options,
        absences=_absences(question, value),
        text_value=f"{value:g}" if numeric else "",
        comment=answer.comment if answer else "",
        seen=answer.answered_at.isoformat() if answer else "",
        segmented=_fit_side_by_side(options),
        required=question.required,
        low=f"{question.scale.low:g}",
        high=f"{question.scale.high:g}",
    )


def _options(question: Question, answer: Answer | None, model: Model, language: str) -> tuple[Choice, ...]:
    value = answer.value if answer else None
    name = f"q-{question.code}"
    if question.scale.kind == "boolean":
        return (Choice(name, "true", _("Yes"), value is True), Choice(name, "false", _("No"), value is False))
    if question.scale.kind == "numeric":
        return ()
    several = question.scale.kind == "multi"
    chosen = value if isinstance(value, list) else [value]
    return tuple(
        Choice(
            f"{name}.{place}" if several else name,
            str(option.value),
            model.text(option.name, language, otherwise=str(option.value)),
            _is_among(option.value, chosen),
        )
        for place, option in enumerate(question.scale.options)
    )


def _is_among(value: Any, chosen: list[Any]) -> bool:
    return any(one == value and not isinstance(one, bool) for one in chosen)


def _absences(question: Question, value: Any) -> tuple[Choice, ...]:
    allowed = {"dont_know": question.scale.allow_dont_know, "not_applicable": question.scale.allow_not_applicable}
    words = {"dont_know": _("I don't know"), "not_applicable": _("Does not apply")}
    return tuple(
        Choice(_absence_name(question, absence), absence, words[absence], value == absence)
        for absence in ABSENCES
        if allowed[absence]
    )


def _absence_name(question: Question, absence: str) -> str:
    """Beside radio buttons they are radio buttons too; beside other controls each is a box of its own."""
    single = question.scale.kind in ("ordinal", "boolean")
    return f"q-{question.code}" if single else f"x-{question.code}.{absence}"


def _fit_side_by_side(options: tuple[Choice, ...]) -> bool:
    words = [word for choice in options for word in choice.label.split()]
    return (
        2 <= len(options) <= MOST_SEGMENTS
        and all(len(choice.label) <= LONGEST_LABEL for choice in options)
        and all(len(word) <= LONGEST_WORD for word in words)
    )


def given(question: Question, posted: Posted) -> Given:
    """Read one question's controls; raises :class:`Unreadable`."""
    comment = posted.get(f"c-{question.code}", "").replace("\r\n", "\n").replace("\0", "").strip()
    if len(comment) > LONGEST_COMMENT:
        raise Unreadable(_("A comment has at most %(most)s characters.") % {"most": LONGEST_COMMENT})
    return Given(READERS[question.scale.kind](question, posted), comment, posted.get(f"s-{question.code}", ""))


def _single(question: Question, posted: Posted) -> Any:
    sent = posted.get(f"q-{question.code}", "")
    known = {str(option.value): option.value for option in question.scale.options} | _allowed_absences(question)
    return _known(sent, known)


def _boolean(question: Question, posted: Posted) -> Any:
    sent = posted.get(f"q-{question.code}", "")
    return _known(sent, {"true": True, "false": False} | _allowed_absences(question))


def _known(sent: str, known: Mapping[str, Any]) -> Any:
    if sent and sent not in known:
        raise Unreadable(_("Choose one of the answers offered."))
    return known.get(sent)


def _allowed_absences(question: Question) -> dict[str, Any]:
    return {choice.value: choice.value for choice in _absences(question, None)}


def _ticked_absence(question: Question, posted: Posted) -> str | None:
    ticked = [choice.value for choice in _absences(question, None) if posted.get(choice.name)]
    if len(ticked) > 1:
        raise Unreadable(_("Choose one of them: you don't know, or it does not apply."))
    return ticked[0] if ticked else None


def _numeric(question: Question, posted: Posted) -> Any:
    sent = posted.get(f"q-{question.code}", "").strip().replace(",", ".")
    absence = _ticked_absence(question, posted)
    if sent and absence:
        raise Unreadable(_("Give a number, or say that you don't know or that it does not apply, not both."))
    if not sent:
        return absence
    try:
        number = float(sent)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Unreadable(_("Enter a number, for example 12.5."))
    if not question.scale.low <= number <= question.scale.high:
        limits = {"low": f"{question.scale.low:g}", "high": f"{question.scale.high:g}"}
        raise Unreadable(_("Enter a number from %(low)s to %(high)s.") % limits)
    return int(number) if number.is_integer() else number


def _several(question: Question, posted: Posted) -> Any:
    absence = _ticked_absence(question, posted)
    ticked = [
        option.value for place, option in enumerate(question.scale.options) if posted.get(f"q-{question.code}.{place}")
    ]
    if ticked and absence:
        raise Unreadable(_("Choose answers, or say that you don't know or that it does not apply, not both."))
    return ticked or absence


READERS = {"ordinal": _single, "boolean": _boolean, "numeric": _numeric, "multi": _several}


def is_stale(given: Given, stored: Answer | None) -> bool:
    """Whether the answer was given on top of another one than the one that is stored now."""
    return (stored.answered_at.isoformat() if stored else "") != given.seen


def is_same(given: Given, stored: Answer | None) -> bool:
    if stored is None:
        return given.value is None and not given.comment
    return type(given.value) is type(stored.value) and given.value == stored.value and given.comment == stored.comment


def moment(answered: datetime | None, sent: datetime | None, now: datetime) -> datetime:
    """When an answer was given, by our clock: a device says when, and when it sent it, by its own clock.

    Without the second the first is believed as far as it is not in the future.
    """
    if answered is None:
        return now
    waited = (sent or now) - answered
    return now - min(max(waited, timedelta(0)), LONGEST_WAIT)
