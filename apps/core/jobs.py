"""Jobs: long work that somebody asked for and can watch.

``enqueue`` writes the job and an event in one transaction. A worker runs it outside any transaction, at least once; or,
when its runner is ``atomic``, in one transaction with the note that it is done, so exactly once. A runner is a function
of the job which may say how far it is::

    @jobs.runner("assessment.score")
    def score(job: Job, progress: Progress) -> Any: ...
"""

import logging
import re
from collections.abc import Callable
from contextlib import nullcontext
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from apps.core import context, degraded, events, roles
from apps.core.api import problems
from apps.core.api.renderers import encode
from apps.core.errors import Invalid, Refused
from apps.core.event_types import ID, declare
from apps.core.locking import locked
from apps.core.models import Event, Job
from resimate_text.sentences import Sentence

logger = logging.getLogger(__name__)

NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
UNDER_WAY = (Job.State.QUEUED, Job.State.RUNNING)
#: A job that takes its worker or the database down with it so often is not tried again.
MOST_STARTS = 3


declare("job.enqueued", "A job waits for a worker.", {"job_id": ID}, internal=True)
declare("job.cancelled", "Somebody cancelled a job.", {"job_id": ID})


class JobHasEnded(Refused):
    code = "job_has_ended"
    title = "The job has already ended"


class JobGivenUp(Refused):
    code = "job_given_up"
    status = 422
    title = "The job was started several times and never finished"


class Cancelled(Exception):
    """Raised in a runner, when it says how far it is, after somebody has cancelled its job."""


class Progress:
    """Told by the runner how much is done, from 0 to 1."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def __call__(self, share: float) -> None:
        share = min(max(share, 0.0), 1.0)
        if not Job.objects.filter(pk=self.job.pk, state=Job.State.RUNNING).update(progress=share):
            raise Cancelled

    def of(self, done: int, total: int) -> None:
        """The same by numbers."""
        self(done / total if total else 1.0)

    def look(self) -> None:
        """Raise ``Cancelled`` when nobody wants the job any more."""
        if not Job.objects.filter(pk=self.job.pk, state=Job.State.RUNNING).exists():
            raise Cancelled


_progress: ContextVar[Progress | None] = ContextVar("resimate_job", default=None)


def look() -> None:
    """End here if this is done for a job that nobody wants any more."""
    if progress := _progress.get():
        progress.look()


Runner = Callable[[Job, Progress], Any]
_runners: dict[str, Runner] = {}
_atomic: set[str] = set()
_queues: dict[str, str] = {}


def runner(kind: str, *, queue: str = roles.DEFAULT, atomic: bool = False) -> Callable[[Runner], Runner]:
    """Run jobs of that kind with the function, in workers of that queue; what it returns is the job's result."""

    def register(function: Runner) -> Runner:
        _queues[kind] = queue
        if atomic:
            _atomic.add(kind)
        if _runners.setdefault(kind, function) is not function:
            raise ValueError(f"two runners for jobs of kind {kind}")
        return function

    return register


def kinds() -> dict[str, str]:
    """The kinds of jobs, and in which queue each waits."""
    return {kind: _queues[kind] for kind in _runners}


@transaction.atomic
def enqueue(kind: str, parameters: dict[str, Any], *, requested_by: UUID, now: datetime, reach: str = "") -> Job:
    """Ask for a job; a worker takes it up once this commits. ``reach`` is what its runner finds its rights by."""
    if kind not in _runners:
        raise LookupError(f"no runner for jobs of kind {kind}")
    if NUL.search(encode(parameters)):
        raise Invalid("A job cannot be made of text with NUL characters; the database holds none.")
    job = Job.objects.create(kind=kind, parameters=parameters, requested_by=requested_by, reach=reach, created_at=now)
    events.publish("job.enqueued", {"job_id": str(job.pk)}, now=now, queue=_queues.get(kind, roles.DEFAULT))
    return job


@transaction.atomic
def cancel(job: Job, *, now: datetime) -> Job:
    """Cancel a job that has not ended; one that is running stops at its next word of progress."""
    job = locked(Job.objects.all(), job.pk)
    if job.has_ended:
        raise JobHasEnded(Sentence("The job has already ended ({state}).", state=job.state))
    job.state, job.ended_at, job.parameters = Job.State.CANCELLED, now, {}
    job.save(update_fields=["state", "ended_at", "parameters"])
    events.publish("job.cancelled", {"job_id": str(job.pk)}, now=now)
    return job


@events.subscribe("job.enqueued", atomic=False, slow=True)
def run_job(event: Event) -> None:
    """Run the job of the event; when the database goes away meanwhile, the event comes again."""
    _run_by_id(event.payload["job_id"])


def run_if_alone(job: Job) -> Job:
    """Run a short job here and now if there is no worker to do it; returns the job as it is then."""
    if degraded.missing("worker"):
        _run_by_id(job.pk)
        job.refresh_from_db()
    return job


def _run_by_id(pk: Any) -> None:
    under_way = Job.objects.filter(pk=pk, state__in=UNDER_WAY)
    if not under_way.update(state=Job.State.RUNNING, starts=F("starts") + 1):
        return
    job = Job.objects.get(pk=pk)
    try:
        _check_starts(job)
        _run(job)
    except Cancelled:
        return
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  said, and logged where nobody foresaw it
        _end(job, Job.State.FAILED, problem=_problem_of(error))


def _problem_of(error: Exception) -> dict[str, Any]:
    if isinstance(error, Refused):
        return problems.of_refusal(error)
    if problems.met_another(error):
        return problems.body("changed_meanwhile")
    logger.error("job failed", exc_info=error, extra={"status": "failed"})
    return problems.body("internal")


def _check_starts(job: Job) -> None:
    if job.starts > MOST_STARTS:
        raise JobGivenUp(Sentence("The job was started {most} times and never finished.", most=MOST_STARTS))


def _run(job: Job) -> None:
    progress = Progress(job)
    token = _progress.set(progress)
    try:
        with context.use(replace(context.current(), waited_for=False, is_abandoned=bool)):
            _do(job, progress)
    finally:
        _progress.reset(token)


def _do(job: Job, progress: Progress) -> None:
    with transaction.atomic() if job.kind in _atomic else nullcontext():
        result = _runners[job.kind](job, progress)
        if not _end(job, Job.State.SUCCEEDED, result=result, progress=1.0):
            raise Cancelled  # or ended by another worker meanwhile: what was done here in the transaction is undone


def _end(job: Job, state: str, **outcome: Any) -> int:
    """Note the outcome, and forget what the job was given: it may hold people's answers."""
    running = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING)
    if outcome.get("result") is not None:
        outcome["result"] = Job._meta.get_field("result").encrypted(outcome["result"], job)
    return running.update(state=state, ended_at=timezone.now(), parameters=None, **outcome)
