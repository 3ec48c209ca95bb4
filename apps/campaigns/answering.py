"""Between a question and its controls on a page: what stands in the form, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from apps.core.typed_numbers import Unreadable, shown, typed
from apps.models.answers import Answer
from apps.models.services import LONGEST_COMMENT
from resimate_engine import Model, PlacedQuestion, Question
from resimate_engine.answers import ABSENCES

MOST_SEGMENTS, LONGEST_LABEL, LONGEST_WORD = 5, 30, 12
#: An answer waits on a device no longer than this; a clock that says otherwise is wrong.
LONGEST_WAIT = timedelta(days=90)

Posted = Mapping[str, str]


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

    def with_error(self, error: str, posted: Posted) -> "Asked":
        """The question as somebody filled it in, for them to mend: nothing that was typed is lost."""

        def again(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
            return tuple(replace(one, checked=posted.get(one.name) in (one.value, "1")) for one in choices)

        return replace(
            self,
            error=error,
            text_value=posted.get(f"q-{self.code}", "") if self.kind == "numeric" else "",
            options=again(self.options),
            absences=again(self.absences),
            comment=posted.get(f"c-{self.code}", ""),
        )

    def with_note(self, note: str) -> "Asked":
        return replace(self, note=note)


def asked(placed: PlacedQuestion, answer: Answer | None, model: Model, language: str) -> Asked:
    question = placed.question
    options = _options(question, answer, model, language)
    value = answer.value if answer else None
    return Asked(
        code=question.code,
        text=model.text(question.text, language, otherwise=question.code),
        help=model.text(question.help, language),
        kind=question.scale.kind,
        options=options,
        absences=_absences(question, value),
        text_value=shown(value) if question.scale.kind == "numeric" and isinstance(value, int | float) else "",
        comment=answer.comment if answer else "",
        seen=answer.answered_at.isoformat() if answer else "",
        segmented=_fit_side_by_side(options),
        required=question.required,
        low=shown(question.scale.low),
        high=shown(question.scale.high),
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
            f"{name}.{number}" if several else name,
            str(option.value),
            model.text(option.name, language, otherwise=str(option.value)),
            _is_among(option.value, chosen),
        )
        for number, option in enumerate(question.scale.options)
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
    comment = _tidy(posted.get(f"c-{question.code}", ""))
    if len(comment) > LONGEST_COMMENT:
        raise Unreadable(_("A comment can have at most %(most)s characters.") % {"most": LONGEST_COMMENT})
    return Given(READERS[question.scale.kind](question, posted), comment, posted.get(f"s-{question.code}", ""))


def _tidy(comment: str) -> str:
    return comment.replace("\r\n", "\n").replace("\0", "").strip()


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
        raise Unreadable(_("Tick either “I don't know” or “Does not apply”, not both."))
    return ticked[0] if ticked else None


def _numeric(question: Question, posted: Posted) -> Any:
    sent = posted.get(f"q-{question.code}", "").strip()
    absence = _ticked_absence(question, posted)
    if sent and absence:
        raise Unreadable(_("Enter a number, or tick “I don't know” or “Does not apply”, not both."))
    if not sent:
        return absence
    number = typed(sent)
    if not question.scale.low <= number <= question.scale.high:
        limits = {"low": shown(question.scale.low), "high": shown(question.scale.high)}
        raise Unreadable(_("Enter a number from %(low)s to %(high)s.") % limits)
    return int(number) if isinstance(number, int) or number.is_integer() else number


def _several(question: Question, posted: Posted) -> Any:
    absence = _ticked_absence(question, posted)
    ticked = [
        option.value for place, option in enumerate(question.scale.options) if posted.get(f"q-{question.code}.{place}")
    ]
    if ticked and absence:
        raise Unreadable(_("Choose answers, or tick “I don't know” or “Does not apply”, not both."))
    return ticked or absence


READERS = {"ordinal": _single, "boolean": _boolean, "numeric": _numeric, "multi": _several}


def is_stale(given: Given, stored: Answer | None) -> bool:
    """Whether the answer was given on top of another one than the one that is stored now."""
    return (stored.answered_at.isoformat() if stored else "") != given.seen


def is_same(given: Given, stored: Answer | None) -> bool:
    """Whether a page only sent back what it had shown, whichever way the answer came to be stored."""
    if stored is None:
        return given.value is None and not given.comment
    return _as_shown(given.value) == _as_shown(stored.value) and given.comment == _tidy(stored.comment)


def _as_shown(value: Any) -> Any:
    """What a page can tell apart: 3 and 3.0 are one number, true is none, and ticks have no order."""
    if isinstance(value, list):
        return sorted(map(repr, map(_as_shown, value)))
    return (type(value) is bool, float(value)) if isinstance(value, int | float) else value


def moment(answered: datetime | None, sent: datetime | None, now: datetime) -> datetime:
    """When an answer was given, by our clock: a device says when, and when it sent it, by its own clock.

    Without the second the first is believed as far as it is not in the future.
    """
    if answered is None:
        return now
    waited = (sent or now) - answered
    return now - min(max(waited, timedelta(0)), LONGEST_WAIT)
