"""What this app does when something happened: it calculates, in a worker."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.utils import timezone

from apps.accounts import authz
from apps.accounts.reach import acting_user_of
from apps.core import events, jobs, roles
from apps.core.errors import Invalid
from apps.core.jobs import Progress
from apps.core.models import Event, Job
from apps.models import services
from apps.models.models import Assessment, ModelVersion, ReferenceSet


@events.subscribe_together("assessment.submitted", queue=roles.CALCULATION)
def score_when_submitted(submitted: Sequence[Event]) -> None:
    """Scores once for the same answers, however often the events come, and once for all that came in meanwhile."""
    ids = {event.payload["assessment_id"] for event in submitted}
    services.score_assessments(Assessment.objects.filter(pk__in=ids).only("pk"), now=timezone.now())


@jobs.runner("assessment.score", queue=roles.CALCULATION)
def score_on_request(job: Job, progress: Progress) -> dict[str, Any]:
    assessment = Assessment.objects.get(pk=job.parameters["assessment_id"])
    authz.require(acting_user_of(job), "assessments:score", assessment)
    run = services.score_assessment(assessment, now=timezone.now(), requested_by=job.requested_by)
    return {"assessment_id": str(assessment.pk), "run_id": str(run.pk), "score": run.score}


def _calculation(job: Job) -> dict[str, Any]:
    """What to calculate, for who may still ask for it."""
    authz.require(acting_user_of(job), "calculations:create")
    asked: dict[str, Any] = job.parameters
    return asked


@jobs.runner("calculation", queue=roles.CALCULATION)
def calculate_on_request(job: Job, progress: Progress) -> dict[str, Any]:
    asked = _calculation(job)
    found = services.calculate(services.model_of(asked["model"]), asked["units"], asked.get("options"))
    return found | ({"reference": asked["reference"]} if "reference" in asked else {})


@jobs.runner("calculation.explanation", queue=roles.CALCULATION)
def explain_on_request(job: Job, progress: Progress) -> dict[str, Any]:
    asked = _calculation(job)
    model = services.model_of(asked["model"])
    found = services.explain(model, asked["units"], asked["unit"], asked.get("options"))
    return found | ({"reference": asked["reference"]} if "reference" in asked else {})


@jobs.runner("calculation.weights", queue=roles.CALCULATION)
def find_weights_on_request(job: Job, progress: Progress) -> dict[str, Any]:
    return services.find_weights(_calculation(job)["asked"])


@jobs.runner("calculation.agreement", queue=roles.CALCULATION)
def measure_agreement_on_request(job: Job, progress: Progress) -> dict[str, Any]:
    return services.measure_agreement(_calculation(job)["asked"])


@jobs.runner("subjects.import", queue=roles.CALCULATION, atomic=True)
def import_subjects(job: Job, progress: Progress) -> dict[str, Any]:
    asked = job.parameters
    outcome = services.import_subjects(
        asked["rows"], acting_user=acting_user_of(job), now=timezone.now(), dry_run=asked["dry_run"]
    )
    return {**outcome, "warnings": asked.get("warnings", [])}


@jobs.runner("assessments.import", queue=roles.CALCULATION, atomic=True)
def import_assessments(job: Job, progress: Progress) -> dict[str, Any]:
    asked = job.parameters
    outcome = services.import_assessments(
        ModelVersion.objects.get(pk=asked["version"]),
        asked["units"],
        period=asked["period"],
        reference_set=ReferenceSet.objects.defer("units").filter(pk=asked.get("reference_set")).first(),
        acting_user=acting_user_of(job),
        now=timezone.now(),
        dry_run=asked["dry_run"],
    )
    return {**outcome, "warnings": asked.get("warnings", [])}


@jobs.runner("models.import", queue=roles.CALCULATION, atomic=True)
def import_files(job: Job, progress: Progress) -> dict[str, Any]:
    options = job.parameters
    version = options["version"] and ModelVersion.objects.get(pk=options["version"])
    return services.import_files(
        [services.file_of(file) for file in options["files"]],
        services.options_of(options),
        version=version or None,
        publish=options["publish"],
        score=options["score"],
        acting_user=acting_user_of(job),
        now=timezone.now(),
        dry_run=options["dry_run"],
    )


@events.subscribe("assessment.imported", queue=roles.CALCULATION, atomic=False, slow=True)
def score_imported(event: Event) -> None:
    """All together; one that cannot be scored keeps nobody else from it."""
    imported = list(Assessment.objects.filter(pk__in=event.payload["assessment_ids"]))
    try:
        services.score_assessments(imported, now=timezone.now())
    except Invalid:
        for assessment in imported:
            with suppress(Invalid):  # as when it is scored alone: it stays without a score
                services.score_assessments([assessment], now=timezone.now())
