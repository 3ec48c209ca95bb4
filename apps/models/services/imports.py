"""Many subjects or assessments from a file: all of them or none, and nothing at all in a dry run."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

import resimate_engine as engine
from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.core import events
from apps.core.errors import Invalid, Problem
from apps.models.answers import NewAnswer
from apps.models.documents import problems_of
from apps.models.models import Assessment, ModelVersion, ReferenceSet, Response, Subject
from apps.models.services import budgets, sheets
from apps.models.services.assessments import check_reference_set
from apps.models.services.documents import parsed
from apps.models.services.seen import unseen
from apps.models.services.subjects import create_subjects, subjects_by_code
from resimate_engine.datafile import NO_VALUES, DataFileInvalid, read_file
from resimate_text.numbers import Separator
from resimate_text.sentences import Sentence
from resimate_text.tables import Note

MOST_ROWS = 100_000
BATCH = 2000
SCORED_TOGETHER = 200

Row = Mapping[str, Any]


def units_in(source: str | bytes, decimal: str = "") -> tuple[list[dict[str, Any]], list[Note]]:
    """Return the units of a file, in the wide or the long form, and what was assumed; ``decimal`` is a mark if said."""
    try:
        file = read_file(source, decimal_of(decimal))
    except DataFileInvalid as error:
        raise Invalid("The file cannot be read.", errors=problems_of(error.problems), more=error.more) from None
    return file.units, file.notes


def certain_units_in(source: str | bytes, decimal: str = "") -> list[dict[str, Any]]:
    """Return the units of a file of which nothing has to be assumed: for what cannot be tried first."""
    units, notes = units_in(source, decimal)
    notes = [note for note in notes if note["code"] != NO_VALUES]
    if notes:
        errors = [Problem("/csv", note["detail"], note["code"]) for note in notes]
        raise Invalid("The file can be read in more than one way.", errors=errors)
    return units


def decimal_of(said: str) -> Separator | None:
    """Return the decimal mark that somebody chose, if anybody did."""
    return "," if said == "," else "." if said == "." else None


@transaction.atomic
def import_subjects(rows: Sequence[Row], *, acting_user: User | None, now: datetime, dry_run: bool) -> dict[str, Any]:
    """Create subjects; a dry run only says whether it would succeed."""
    made = create_subjects(rows, acting_user=acting_user, now=now, at="/rows")
    transaction.set_rollback(dry_run)
    return {"dry_run": dry_run, "created": len(made)}


@transaction.atomic
def import_assessments(
    version: ModelVersion,
    units: Sequence[Row],
    *,
    period: str,
    reference_set: ReferenceSet | None = None,
    acting_user: User | None,
    now: datetime,
    dry_run: bool,
) -> dict[str, Any]:
    """Begin an assessment for each unit, with its values and its responses, which count at once.

    A unit is what a calculation takes; its ``id`` is the code of a subject. Scores follow once this has committed.
    """
    authz.require(acting_user, "assessments:create")
    refused = list(unseen(acting_user, version=version, reference_set=reference_set))
    if refused:
        raise Invalid("Some of the data refer to things that do not exist.", errors=refused)
    subjects = subjects_by_code(_codes(units), acting_user=acting_user)
    problems = [*check_reference_set(version, reference_set), *_problems(version, units, subjects)]
    if problems:
        raise Invalid("Some of the units cannot be imported.", errors=problems)
    made = [
        Assessment(
            version=version,
            subject=subjects[unit["id"]],
            period=period,
            reference_set=reference_set,
            values=unit.get("values") or {},
            created_at=now,
            created_by=acting_user,
        )
        for unit in units
    ]
    Assessment.objects.bulk_create(made, batch_size=BATCH)
    store_responses(made, units, now)
    details = {"version": str(version.pk), "count": len(made)}
    audit.record("assessment.imported", now=now, actor=acting_user, target=version, details=details)
    ids = [str(assessment.pk) for assessment in made]
    for start in range(0, len(ids), SCORED_TOGETHER):
        events.publish("assessment.imported", {"assessment_ids": ids[start : start + SCORED_TOGETHER]}, now=now)
    transaction.set_rollback(dry_run)
    return {"dry_run": dry_run, "created": len(made)}


def _codes(units: Any) -> list[str]:
    rows = units if isinstance(units, list) else []
    return [unit["id"] for unit in rows if isinstance(unit, dict) and isinstance(unit.get("id"), str)]


def _problems(version: ModelVersion, units: Sequence[Row], subjects: Mapping[str, Subject]) -> Iterator[Problem]:
    if version.state != ModelVersion.State.PUBLISHED:
        yield Problem("/version", Sentence("only a published version can be assessed against"), "version_not_published")
        return
    try:
        results = budgets.score(parsed(version), units, {"include": []})
    except engine.DataInvalid as error:
        yield from problems_of(error.problems)
        return
    unknown = (warning for warning in results.warnings if warning["code"] == "unknown_input")
    yield from (Problem("/units", warning["detail"], warning["code"]) for warning in unknown)
    yield from _without_subject(units, subjects)


def _without_subject(units: Sequence[Row], subjects: Mapping[str, Subject]) -> Iterator[Problem]:
    for row, unit in enumerate(units):
        if unit["id"] not in subjects:
            detail = Sentence("there is no subject {code!r}", code=unit["id"])
            yield Problem(f"/units/{row}/id", detail, "unknown_subject")


def store_responses(made: Sequence[Assessment], units: Sequence[Row], now: datetime) -> None:
    answers: dict[Response, list[NewAnswer]] = {}
    for assessment, unit in zip(made, units, strict=True):
        for number, given in enumerate(unit.get("responses") or (), start=1):
            response = Response(
                assessment=assessment,
                rater=given.get("rater") or str(number),
                group=given.get("group") or "",
                created_at=now,
                started_at=now,
                submitted_at=now,
            )
            answers[response] = [
                NewAnswer(question, value, now) for question, value in given["answers"].items() if value is not None
            ]
    Response.objects.bulk_create(answers, batch_size=BATCH)
    sheets.store(answers)
