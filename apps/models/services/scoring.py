"""From stored answers and values to a stored score: two reads, one calculation, a handful of writes."""

import time
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from apps import audit
from apps.core import events
from apps.core.errors import Invalid
from apps.core.fields import new_id
from apps.models import engine
from apps.models.models import Assessment, ByKey, Response, Score, ScoreRun
from apps.models.services.documents import parsed, problems_of

OPTIONS: dict[str, Any] = {}


@transaction.atomic
def score_assessment(assessment: Assessment, *, now: datetime, requested_by: UUID | None = None) -> ScoreRun:
    """Calculate the scores of an assessment from the responses that were submitted, and keep them.

    The same input scores only once: when nothing has changed since the latest run, that run is the answer.
    """
    rows = Assessment.objects.select_related("version", "subject").defer("version__document")
    assessment = rows.select_for_update(of=("self",), no_key=True).get(pk=assessment.pk)
    model = parsed(assessment.version)
    units = units_of(assessment, together=model.relative)
    latest = assessment.latest_run  # read under the lock, so that a run which has just been made is seen
    if latest is not None and latest.input_digest == engine.input_digest(model, units, OPTIONS):
        return latest

    started = time.perf_counter()
    try:
        results = engine.score(model, units, OPTIONS)
    except engine.DataInvalid as error:
        raise Invalid("The stored answers cannot be scored.", errors=problems_of(error.problems)) from None
    duration_ms = (time.perf_counter() - started) * 1000

    run = _run(assessment, results, duration_ms=duration_ms, now=now, requested_by=requested_by)
    run.rater_count = len(units[0]["responses"])
    run.save(force_insert=True)
    Score.objects.bulk_create(_scores(run, results.results[0]))
    Assessment.objects.filter(pk=assessment.pk).update(latest_run=run)
    details = {"run": str(run.pk), "input_digest": run.input_digest, "engine_version": run.engine_version}
    audit.record("score.calculated", now=now, target=assessment, details=details)
    events.publish("score.calculated", {"assessment_id": str(assessment.pk), "run_id": str(run.pk)}, now=now)
    return run


def units_of(assessment: Assessment, *, together: bool) -> list[dict[str, Any]]:
    """Return the assessment as the first unit of a calculation; ``together`` with the others of its wave.

    A relative model compares its units: there the latest assessment of every other subject, by the same version in the
    same period, takes part.
    """
    own = (assessment.pk, assessment.subject.code, assessment.subject.group, assessment.values)
    found = [own, *(_wave(assessment) if together else ())]
    units = {
        pk: {"id": code, "group": group or None, "values": values, "responses": []} for pk, code, group, values in found
    }
    for pk, rater, group, answers in _submitted(list(units)):
        units[pk]["responses"].append({"rater": rater, "group": group or None, "answers": answers or {}})
    return list(units.values())


def _wave(assessment: Assessment) -> Any:
    others = Assessment.objects.filter(version=assessment.version_id, period=assessment.period)
    latest = others.exclude(subject=assessment.subject_id).order_by("subject_id", "-pk").distinct("subject_id")
    return latest.values_list("pk", "subject__code", "subject__group", "values")


def _submitted(assessments: list[UUID]) -> Any:
    responses = Response.objects.filter(assessment__in=assessments, submitted_at__isnull=False)
    answered = ByKey("answers__question", F("answers__value"), filter=Q(answers__isnull=False))
    rows = responses.annotate(by_question=answered).order_by("rater")
    return rows.values_list("assessment_id", "rater", "group", "by_question")


def _run(
    assessment: Assessment, results: engine.Results, *, duration_ms: float, now: datetime, requested_by: UUID | None
) -> ScoreRun:
    result = results.results[0]
    return ScoreRun(
        id=new_id(),
        assessment=assessment,
        version=assessment.version,
        engine_version=results.engine_version,
        input_digest=results.input_digest,
        score=result["score"],
        reason=result["reason"] or "",
        band=result["band"] or "",
        coverage=result["coverage"],
        duration_ms=duration_ms,
        calculated_at=now,
        requested_by=requested_by,
    )


def _scores(run: ScoreRun, result: Any) -> list[Score]:
    return [
        Score(
            run=run,
            node=code,
            value=node["value"],
            coverage=node["coverage"],
            weight=node["weight"],
            flags=node["flags"],
            reason=node["reason"] or "",
            raters=node.get("raters"),
        )
        for code, node in result["nodes"].items()
    ]
