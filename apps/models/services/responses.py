"""Responses: what one person answers. It is saved under a lock of their sheet, and the later of two writes wins."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NoReturn

from django.db import IntegrityError, transaction

import resimate_engine as engine
from apps import audit
from apps.accounts.models import User
from apps.core import events
from apps.core.errors import Invalid, Problem
from apps.models.answers import Answer, NewAnswer
from apps.models.models import AnswerSheet, Assessment, Response
from apps.models.services import sheets
from apps.models.services.assessments import AnsweredByLink, locked_open
from apps.models.services.documents import parsed
from resimate_engine.answers import AnswerOffScale, Reader, reader
from resimate_engine.document import digest
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence

LONGEST_COMMENT = 5000


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """The answer as it is stored now, and all others; ``accepted`` is False when a later write was there already."""

    question: str
    value: Any
    answered_at: datetime
    accepted: bool
    answers: Mapping[str, Answer]


def _refuse_in_confidence(assessment: Assessment) -> None:
    if assessment.confidential:
        refuse_to_write()


def refuse_to_write() -> NoReturn:
    raise AnsweredByLink("A campaign collects these answers. They can be given only through personal links.")


@transaction.atomic
def create_response(
    assessment: Assessment,
    *,
    rater: str,
    group: str = "",
    answers: Mapping[str, Any] | None = None,
    acting_user: User | None,
    now: datetime,
) -> Response:
    """Give one rater a response in an open assessment, with the answers there are already."""
    assessment = locked_open(assessment)
    _refuse_in_confidence(assessment)
    try:
        with transaction.atomic():
            response = assessment.responses.create(rater=rater, group=group, created_at=now)
    except IntegrityError:
        problem = Problem(
            "/rater", Sentence("{rater!r} already has a response in this assessment", rater=rater), "taken"
        )
        raise Invalid("Each rater can have only one response.", errors=[problem]) from None
    response.assessment = assessment
    audit.record("response.created", now=now, actor=acting_user, target=response)
    if answers:
        save_answers(response, answers, acting_user=acting_user, now=now)
    return response


@transaction.atomic
def save_answers(
    response: Response, answers: Mapping[str, Any], *, acting_user: User | None, now: datetime, at: str = "/answers"
) -> Response:
    """Save several answers at once: all of them or none."""
    _refuse_in_confidence(response.assessment)
    problems = list(check_answers(parsed(response.assessment.version), answers, at=at))
    if problems:
        raise Invalid("Some answers do not fit their scales.", errors=problems)
    sheets.write(response, [NewAnswer(question, value, now) for question, value in answers.items()])
    _start(response, now)
    audit.record(
        "response.answered", now=now, actor=acting_user, target=response, details={"questions": sorted(answers)}
    )
    return response


def save_answer(
    response: Response,
    question: str,
    value: Any,
    *,
    answered_at: datetime,
    now: datetime,
    comment: str | None = None,
    acting_user: User | None = None,
) -> SavedAnswer:
    """Save one answer as a respondent gives it. What was answered later stays; the future is not believed.

    Load ``response`` with ``select_related("assessment__version")`` and a deferred document, and it costs one query.
    The trail gets its entry when the response is submitted.
    """
    given = NewAnswer(question, value, answered_at, comment)
    answers = save_as_given(response, [given], now=now)
    stored = answers[question]
    accepted = stored.answered_at == min(answered_at, now)
    return SavedAnswer(question, stored.value, stored.answered_at, accepted, answers)


@transaction.atomic
def save_as_given(response: Response, given: Sequence[NewAnswer], *, now: datetime) -> dict[str, Answer]:
    """Save answers of one page as a respondent gives them: all or none. Returns all that are stored now."""
    problems = [problem for one in given for problem in _check_given(response, one)]
    if problems:
        raise Invalid("The answer does not fit its scale.", errors=problems)
    believed = [replace(one, answered_at=min(one.answered_at, now)) for one in given]
    stored, is_changed = sheets.write(response, believed)
    if is_changed:
        _start(response, now)
    return stored


def _check_given(response: Response, given: NewAnswer) -> Iterator[Problem]:
    yield from check_answers(parsed(response.assessment.version), {given.question: given.value}, at="")
    if given.comment is not None and len(given.comment) > LONGEST_COMMENT:
        yield Problem("/comment", Sentence("has at most {most} characters", most=LONGEST_COMMENT), "too_long")


def check_answers(model: engine.Model, answers: Mapping[str, Any], *, at: str) -> Iterator[Problem]:
    """Say which answers their questions' scales do not offer."""
    known = _readers(model)
    for question, value in answers.items():
        read = known.get(question)
        if read is None:
            yield Problem(at + pointer(question), Sentence("the model has no such question"), "unknown_question")
            continue
        try:
            read(value)
        except AnswerOffScale as refused:
            yield Problem(at + pointer(question), str(refused), "answer_off_scale")


@lru_cache(maxsize=256)
def _readers(model: engine.Model) -> dict[str, Reader]:
    return {placed.question.code: reader(placed.question.scale) for placed in model.questions}


def _start(response: Response, now: datetime) -> None:
    if response.started_at is None:
        moment = moment_of(response.assessment, now)
        Response.objects.filter(pk=response.pk, started_at=None).update(started_at=moment)
        response.started_at = moment


def moment_of(assessment: Assessment, now: datetime) -> datetime:
    """What is kept of a moment beside answers: the day alone where a finer one could be matched with a person's."""
    return sheets.day_of(now) if assessment.confidential else now


@transaction.atomic
def submit(response: Response, *, now: datetime, acting_user: User | None = None) -> Response:
    """Hand the answers in: they count from now on, and may change as long as the assessment is open."""
    assessment = locked_open(response.assessment)
    _refuse_in_confidence(assessment)
    answers = _hand_in(response, assessment, now)
    details = {"answers": len(answers), "digest": sheets.keyed(digest(answers))}
    audit.record("assessment.submitted", now=now, actor=acting_user, target=response, details=details)
    payload = {"assessment_id": str(assessment.pk), "response_id": str(response.pk)}
    events.publish("assessment.submitted", payload, now=now)
    return response


@transaction.atomic
def submit_in_confidence(response: Response, *, now: datetime) -> Response:
    """Hand in the answers of a confidential assessment: neither the trail nor the event says whose or which.

    The caller records that the person has sent them.
    """
    assessment = locked_open(response.assessment)
    _hand_in(response, assessment, moment_of(assessment, now))
    events.publish("assessment.submitted", {"assessment_id": str(assessment.pk)}, now=now)
    return response


def _hand_in(response: Response, assessment: Assessment, moment: datetime) -> dict[str, Any]:
    answers = answers_of(response)
    open_questions = [
        Problem("/answers" + pointer(placed.question.code), Sentence("an answer is required"), "required")
        for placed in parsed(assessment.version).questions
        if placed.question.required and answers.get(placed.question.code) is None
    ]
    if open_questions:
        raise Invalid("Some questions still need an answer.", errors=open_questions)
    response.submitted_at = moment
    response.save(update_fields=["submitted_at"])
    return answers


def answers_of(response: Response) -> dict[str, Any]:
    """What the response says now, by the codes of the questions; nothing, where it was erased."""
    return {question: answer.value for question, answer in commented_answers_of(response).items()}


def commented_answers_of(response: Response) -> dict[str, Answer]:
    """The same with comments and moments."""
    sheet = AnswerSheet.objects.select_related("key").filter(response=response).first()
    return sheet.answers if sheet else {}
