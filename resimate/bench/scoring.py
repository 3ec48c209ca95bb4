"""Scores that are stored: how many a minute one process makes, against the bare insert of the same rows.

Runs in a process of its own, on a database of its own, and prints its rows as JSON.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from threading import Thread
from typing import Any, Final

from django.db import connection, connections, transaction
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.core import events
from apps.core.fields import new_id
from apps.models import services, starters
from apps.models.answers import NewAnswer
from apps.models.models import Assessment, ModelVersion, ReferenceSet, Response, Score, ScoreRun, Subject
from apps.models.services import golden, scoring, sheets
from resimate_engine.model import Option

Row = dict[str, Any]
BATCH: Final = 300
RATERS: Final = 3
REFERENCE: Final = 200
THREADS: Final = 4  # of a worker, as `make run` starts it
BAR: Final = 10_000.0


def main() -> None:
    with schema_context("acme"):
        rows = list(measure())
    sys.stdout.write(json.dumps(rows))


def measure() -> Iterator[Row]:
    survey = _publish(starters.load("organisational_resilience"))
    hdi = _publish(starters.load("hdi"))
    yield from batches("questionnaire", lambda: _answered(survey, BATCH, RATERS))
    yield from batches("hdi", lambda: _measured(hdi, BATCH))
    relative = _publish(_relative_document())
    units = [{"id": f"u{row}", "values": _numbers(relative, row)} for row in range(REFERENCE)]
    reference, _ = services.freeze_reference_set(relative, "R", units, acting_user=None, now=timezone.now())
    yield from batches("45 indicators beside 200 units", lambda: _measured(relative, BATCH, reference))
    yield one_by_one(_answered(survey, BATCH, RATERS))
    large = _publish(large_document())
    yield from large_assessment(_answered(large, 1, 25)[0])
    yield publishing()


def batches(name: str, make: Callable[[], Sequence[Assessment]]) -> Iterator[Row]:
    """Whole batches: load, score, store; turn by turn with inserting those runs and scores and nothing else."""
    ours, bare = [], []
    _timed(scoring.score_assessments, make())
    for _ in range(5):
        assessments = make()
        ours.append(_timed(scoring.score_assessments, assessments))
        bare.append(_timed_again(assessments))
    rate, most = (60 * BATCH / statistics.median(times) for times in (ours, bare))
    yield _rate(f"stored scores a minute, {name}", rate, f"batches of {BATCH}; {rate / most:.2f} of bare inserts")


def one_by_one(assessments: Sequence[Assessment]) -> Row:
    """Through the outbox, a transaction each: what a worker does when people hand in."""
    _deliver()
    now = timezone.now()
    for assessment in assessments:
        with transaction.atomic():
            events.publish("assessment.submitted", {"assessment_id": str(assessment.pk)}, now=now)
    seconds = _deliver()
    scored = Assessment.objects.filter(pk__in=[one.pk for one in assessments], latest_run__isnull=False).count()
    if scored < len(assessments):
        raise RuntimeError(f"only {scored} were scored")
    return _rate("the same, by event, one by one", 60 * len(assessments) / seconds, f"{THREADS} threads")


def large_assessment(assessment: Assessment) -> Iterator[Row]:
    """216 questions, 25 raters: load, score and store; an answer changes each time."""
    response = assessment.responses.earliest("pk")
    questions = sorted(response.values)
    ours, bare, busy = [], [], []
    for turn in range(41):
        values = dict.fromkeys(questions, 1 + turn // 5 % 5) | {questions[0]: 1 + turn % 5}
        services.save_answers(response, values, acting_user=None, now=timezone.now())
        began = time.process_time()
        ours.append(_timed(scoring.score_assessments, [assessment]))
        busy.append(time.process_time() - began)
        bare.append(_timed_again([assessment]))
    p95, least = (1000 * statistics.quantiles(times[1:], n=20)[-1] for times in (ours, bare))
    middle, own = (1000 * statistics.median(times[1:]) for times in (ours, busy))
    detail = f"median {middle:.1f} ms, {own:.1f} ms of it computing; bare inserts {least:.1f} ms"
    yield _milliseconds("216 questions by 25 raters, p95", p95, detail)


def publishing() -> Row:
    """What the golden vector adds to publishing a large version."""
    times = []
    for number in range(6):
        version = _publish({**large_document(), "code": f"large{number}"}, state="draft")
        services.parsed(version)
        times.append(_timed(golden.record_vector, version))
    return _milliseconds("golden vector of 216 questions", 1000 * statistics.median(times[1:]), "calculated and stored")


def _timed(act: Callable[..., Any], *given: Any) -> float:
    began = time.perf_counter()
    act(*given, now=timezone.now())
    return time.perf_counter() - began


def _timed_again(assessments: Sequence[Assessment]) -> float:
    """Insert the latest runs and their scores once more, under new ids and numbers that no calculation comes to."""
    runs = list(
        ScoreRun.objects.filter(assessment__in=assessments).order_by("assessment", "-pk").distinct("assessment")
    )
    scores = list(Score.objects.filter(run__in=runs))
    ids = {run.pk: new_id() for run in runs}
    for score in scores:
        score.pk, score.run_id = new_id(), ids[score.run_id]
    for run in runs:
        run.pk, run.number = ids[run.pk], run.number + 1_000_000
    began = time.perf_counter()
    with transaction.atomic():
        ScoreRun.objects.bulk_create(runs)
        Score.objects.bulk_create(scores)
    return time.perf_counter() - began


def _deliver() -> float:
    """Deliver everything as a worker would; returns the seconds that took."""

    def work() -> None:
        while events.deliver_due(timezone.now()):
            pass
        connections.close_all()

    threads = [Thread(target=work) for _ in range(THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def _publish(document: Any, *, state: str = "published") -> ModelVersion:
    now = timezone.now()
    draft = services.import_document(document, acting_user=None, now=now)
    return services.publish_version(draft, acting_user=None, now=now) if state == "published" else draft


def large_document() -> dict[str, Any]:
    """Six dimensions of six indicators of six questions."""
    return {
        "schema": "resimate.model/1",
        "code": "large",
        "name": {"en": "Large"},
        "scale": {"low": 0, "high": 100},
        "response_scales": {"likert": {"kind": "ordinal", "options": [{"value": value} for value in range(1, 6)]}},
        "root": {
            "code": "root",
            "aggregation": "arithmetic_mean",
            "children": [_dimension(number) for number in range(6)],
        },
    }


def _dimension(number: int) -> dict[str, Any]:
    return {
        "code": f"d{number}",
        "aggregation": "geometric_mean",
        "children": [
            {
                "code": f"i{number}_{row}",
                "indicator": {
                    "questions": [{"code": f"q{number}_{row}_{place}", "scale": "likert"} for place in range(6)]
                },
            }
            for row in range(6)
        ],
    }


def _relative_document() -> dict[str, Any]:
    """45 indicators that are compared with those of other units."""
    leaves = [{"code": f"i{at}", "indicator": {"input": f"i{at}", "normalisation": "z_score"}} for at in range(45)]
    root = {"code": "root", "aggregation": "arithmetic_mean", "children": leaves}
    return {**large_document(), "code": "relative", "mode": "relative", "response_scales": {}, "root": root}


def _assessments(
    version: ModelVersion,
    count: int,
    values: Callable[[int], dict[str, Any]],
    reference: ReferenceSet | None = None,
) -> list[Assessment]:
    now = timezone.now()
    subjects = Subject.objects.bulk_create(Subject(code=str(new_id()), name="S", created_at=now) for _ in range(count))
    kept = {"version": version, "period": "2026", "reference_set": reference, "created_at": now}
    return Assessment.objects.bulk_create(
        Assessment(subject=subject, values=values(row), **kept) for row, subject in enumerate(subjects)
    )


def _measured(version: ModelVersion, count: int, reference: ReferenceSet | None = None) -> list[Assessment]:
    """Every one another: nothing is remembered of those before."""
    first = Assessment.objects.count()
    return _assessments(version, count, lambda row: _numbers(version, first + row), reference)


def _numbers(version: ModelVersion, row: int) -> dict[str, Any]:
    return dict.fromkeys([item.name for item in services.parsed(version).inputs], 10 + row / 100)


def _answered(version: ModelVersion, count: int, raters: int) -> list[Assessment]:
    now = timezone.now()
    questions = services.parsed(version).questions
    assessments = _assessments(version, count, lambda _: {})
    responses = Response.objects.bulk_create(
        Response(assessment=assessment, rater=f"r{rater}", submitted_at=now, created_at=now)
        for assessment in assessments
        for rater in range(raters)
    )
    sheets.store(
        {
            response: [
                NewAnswer(placed.question.code, _picked(placed.question.scale.options, row * 7 + number), now)
                for number, placed in enumerate(questions)
            ]
            for row, response in enumerate(responses)
        }
    )
    with connection.cursor() as cursor:  # as autovacuum would, which the bench's server does without
        cursor.execute("ANALYZE")
    return assessments


def _picked(options: Sequence[Option], place: int) -> Any:
    return options[place % len(options)].value


def _rate(what: str, value: float, detail: str) -> Row:
    return {
        "what": what,
        "value": round(value),
        "unit": "/min",
        "bar": f">= {BAR:.0f}",
        "met": value >= BAR,
        "detail": detail,
    }


def _milliseconds(what: str, value: float, detail: str) -> Row:
    return {"what": what, "value": round(value, 1), "unit": "ms", "bar": "<= 50", "met": value <= 50, "detail": detail}
