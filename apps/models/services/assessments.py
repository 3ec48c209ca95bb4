"""Assessments: a subject, a version of a resilience model, and the values that are measured rather than asked."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from django.db import transaction

import resimate_engine as engine
from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.core import events
from apps.core.errors import Invalid, Problem, Refused
from apps.core.locking import locked
from apps.models.models import Assessment, ModelVersion, ReferenceSet, Response, ScoreRun, Subject
from apps.models.services import sheets
from apps.models.services.documents import parsed
from apps.models.services.seen import unseen
from apps.models.services.sheets import AssessmentLocked
from apps.models.services.spellings import periods_spelt
from resimate_engine.document import digest
from resimate_engine.problems import DataInvalid
from resimate_engine.units import tabulate_units
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence


class AnsweredByLink(Refused):
    code = "answered_by_link"
    title = "These answers can be given only through personal links"


class AssessmentScored(Refused):
    code = "assessment_scored"
    title = "An assessment with answers or scores cannot be deleted"


def create_assessment(
    *,
    version: ModelVersion,
    subject: Subject,
    period: str = "",
    values: Mapping[str, Any] | None = None,
    reference_set: ReferenceSet | None = None,
    acting_user: User | None,
    now: datetime,
) -> Assessment:
    """Begin the assessment of a subject by a published version, compared with a reference set if one is given."""
    _refuse_unseen([{"version": version, "subject": subject, "reference_set": reference_set}], [""], acting_user)
    return begin_assessment(
        version=version,
        subject=subject,
        period=period,
        values=values,
        reference_set=reference_set,
        acting_user=acting_user,
        now=now,
    )


def begin_assessment(
    *,
    version: ModelVersion,
    subject: Subject,
    period: str = "",
    values: Mapping[str, Any] | None = None,
    reference_set: ReferenceSet | None = None,
    confidential: bool = False,
    acting_user: User | None,
    now: datetime,
) -> Assessment:
    """The same for something above that has asked for its own right, and for what it is about, already.

    In a confidential one answers come through personal links alone, and only what :mod:`apps.models.disclosure` lets
    out is seen of them.
    """
    row = {"version": version, "subject": subject, "period": period, "values": dict(values or {})}
    row["confidential"] = confidential
    return _create([{**row, "reference_set": reference_set}], [""], acting_user, now)[0]


def create_assessments(
    rows: Sequence[Mapping[str, Any]], *, acting_user: User | None, now: datetime, at: str = ""
) -> list[Assessment]:
    """Create all of them or none.

    A row has ``version``, ``subject``, and may have ``period``, ``values`` and ``reference_set``.
    """
    places = [f"{at}/{row}" for row in range(len(rows))]
    _refuse_unseen(rows, places, acting_user)
    return _create(rows, places, acting_user, now)


def _refuse_unseen(rows: Sequence[Mapping[str, Any]], places: Sequence[str], acting_user: User | None) -> None:
    """Who makes an assessment must be able to see what it is of; each thing is asked for once."""
    authz.require(acting_user, "assessments:create")
    first = {
        (name, row[name]): pointer
        for row, pointer in reversed(list(zip(rows, places, strict=True)))
        for name in ("version", "subject", "reference_set")
        if row.get(name) is not None
    }
    problems = [
        problem
        for (name, thing), pointer in first.items()
        for problem in unseen(acting_user, **{name: thing}, at=pointer)
    ]
    if problems:
        raise Invalid("Some of the data refer to things that do not exist.", errors=problems)


@transaction.atomic
def _create(
    rows: Sequence[Mapping[str, Any]], places: Sequence[str], acting_user: User | None, now: datetime
) -> list[Assessment]:
    problems = [problem for row, pointer in zip(rows, places, strict=True) for problem in _problems(row, pointer)]
    if problems:
        raise Invalid("The assessment cannot be started with these data.", errors=problems)
    typed = [(row["version"].pk, row.get("period") or "") for row in rows]
    spelt = periods_spelt(typed)
    rows = [{**row, "period": spelt[version_and_period]} for row, version_and_period in zip(rows, typed, strict=True)]
    made = Assessment.objects.bulk_create(
        [Assessment(**row, created_at=now, created_by=acting_user) for row in rows], batch_size=1000
    )
    ids = [str(assessment.pk) for assessment in made]
    audit.record(
        "assessment.created",
        now=now,
        actor=acting_user,
        target=made[0] if len(made) == 1 else None,
        details={"count": len(ids), "ids": ids},
    )
    return made


def _problems(row: Mapping[str, Any], place: str) -> Iterator[Problem]:
    version: ModelVersion = row["version"]
    if version.state != ModelVersion.State.PUBLISHED:
        yield Problem(
            f"{place}/version", Sentence("only a published version can be assessed against"), "version_not_published"
        )
    else:
        yield from check_values(parsed(version), row.get("values") or {}, at=f"{place}/values")
    yield from check_reference_set(version, row.get("reference_set"), at=f"{place}/reference_set")


def check_reference_set(
    version: ModelVersion, reference_set: ReferenceSet | None, *, at: str = "/reference_set"
) -> Iterator[Problem]:
    """Say so when a reference set is of another version than what is compared with it."""
    if reference_set is not None and reference_set.version_id != version.pk:
        yield Problem(at, Sentence("it was frozen for another version of a resilience model"), "other_version")


def check_values(model: engine.Model, values: Mapping[str, Any], *, at: str = "/values") -> Iterator[Problem]:
    """Say what is wrong with the measured values of one unit."""
    try:
        units = tabulate_units(model, [{"id": "unit", "values": values}])
    except DataInvalid as error:
        prefix = len("/units/0/values")
        yield from (Problem(at + one.pointer[prefix:], one.detail, one.code) for one in error.problems)
    else:
        for name in units.unknown:
            yield Problem(at + pointer(name), Sentence("the model has no such input"), "unknown_input")


@transaction.atomic
def set_values(
    assessment: Assessment,
    values: Mapping[str, Any],
    *,
    acting_user: User | None,
    now: datetime,
    period: str | None = None,
    reference_set: ReferenceSet | Literal["as it is"] | None = "as it is",
) -> Assessment:
    """Replace the measured values of an open assessment, and the period and the reference set, when they are given."""
    assessment = locked_open(assessment)
    if reference_set != "as it is":
        assessment.reference_set = reference_set
    problems = [
        *unseen(acting_user, reference_set=None if reference_set == "as it is" else reference_set),
        *check_values(parsed(assessment.version), values),
        *check_reference_set(assessment.version, assessment.reference_set),
    ]
    if problems:
        raise Invalid("Some of the data do not fit this model.", errors=problems)
    assessment.values = dict(values)
    if period is not None:
        typed = (assessment.version_id, period)
        assessment.period = periods_spelt([typed])[typed]
    assessment.save(update_fields=["values", "period", "reference_set"])
    details = {"inputs": sorted(values), "digest": sheets.keyed(digest(dict(values)))}
    if assessment.reference_set_id:
        details["reference_set"] = str(assessment.reference_set_id)
    audit.record("assessment.values_set", now=now, actor=acting_user, target=assessment, details=details)
    return assessment


@transaction.atomic
def lock_assessment(assessment: Assessment, *, acting_user: User | None, now: datetime) -> Assessment:
    """Accept no more answers and values; the trail keeps a digest of them all.

    What a campaign collects is locked when the campaign closes: people were told that much is shown from then on.
    """
    if assessment.confidential:
        raise AnsweredByLink("A campaign collects these answers. They are locked when it closes.")
    return lock_in_confidence(assessment, acting_user=acting_user, now=now)


@transaction.atomic
def lock_in_confidence(assessment: Assessment, *, acting_user: User | None, now: datetime) -> Assessment:
    """The same for the campaign that collects the answers, when it closes."""
    assessment = locked(Assessment.objects.all(), assessment.pk)
    if assessment.state == Assessment.State.LOCKED:
        return assessment
    digests, count = sheets.digests(Response.objects.filter(assessment=assessment))
    assessment.state = Assessment.State.LOCKED
    assessment.save(update_fields=["state"])
    details: dict[str, Any] = {"digest": sheets.keyed(digest([assessment.values, digests]))}
    if assessment.confidential:
        sheets.keep_days_alone(assessment)
    else:
        details["answers"] = count
    audit.record("assessment.locked", now=now, actor=acting_user, target=assessment, details=details)
    events.publish("assessment.locked", {"assessment_id": str(assessment.pk)}, now=now)
    return assessment


@transaction.atomic
def delete_assessment(assessment: Assessment, *, acting_user: User | None, now: datetime) -> None:
    """Delete an assessment that holds nothing yet."""
    assessment = locked_open(assessment)
    if ScoreRun.objects.filter(assessment=assessment).exists() or assessment.responses.exists():
        raise AssessmentScored("This assessment cannot be deleted: it has answers or scores.")
    audit.record("assessment.deleted", now=now, actor=acting_user, target=assessment)
    assessment.delete()


def locked_open(assessment: Assessment) -> Assessment:
    """Lock the row and refuse when the assessment is closed to changes."""
    rows = Assessment.objects.select_related("version", "subject").defer("version__document")
    assessment = locked(rows, assessment.pk)
    if assessment.state == Assessment.State.LOCKED:
        raise AssessmentLocked("This assessment is locked. Its answers and values cannot be changed.")
    return assessment
