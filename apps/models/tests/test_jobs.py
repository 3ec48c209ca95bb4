"""Long work: asked for, watched, cancelled; it ends once, whatever happens meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core import events, jobs
from apps.core.errors import Invalid, Problem
from apps.core.models import Event, Job
from apps.models.models import Subject
from apps.models.tests.conftest import Api

Runner = Callable[[Job, jobs.Progress], Any]


@pytest.fixture
def runs(ada: User, monkeypatch: pytest.MonkeyPatch) -> Callable[[Runner], Job]:
    """Enqueue a job whose runner is the given function."""

    def enqueue(runner: Runner) -> Job:
        monkeypatch.setitem(jobs._runners, "test", runner)
        return jobs.enqueue("test", {"n": 3}, requested_by=ada.pk, now=timezone.now())

    return enqueue


def _deliver(later: timedelta = timedelta(0)) -> None:
    events.deliver_due(timezone.now() + later)


def test_a_job_runs_after_it_was_asked_for_and_keeps_its_result(runs: Any, api: Api) -> None:
    job = runs(lambda job, progress: job.parameters["n"] * 2)
    assert api.get(f"jobs/{job.pk}/").json()["state"] == "queued"

    _deliver()

    shown = api.get(f"jobs/{job.pk}/").json()
    assert {name: shown[name] for name in ("kind", "state", "progress", "result", "problem")} == {
        "kind": "test",
        "state": "succeeded",
        "progress": 1.0,
        "result": 6,
        "problem": None,
    }
    assert shown["ended_at"] is not None
    assert Job.objects.get(pk=job.pk).parameters == {}  # they may hold people's answers


def test_progress_is_seen_while_it_runs(runs: Any) -> None:
    seen: list[tuple[str, float]] = []

    def half(job: Job, progress: jobs.Progress) -> None:
        progress(0.5)
        now = Job.objects.get(pk=job.pk)
        seen.append((now.state, now.progress))

    runs(half)
    _deliver()

    assert seen == [("running", 0.5)]


def test_a_refusal_is_the_jobs_problem(runs: Any) -> None:
    def refuse(job: Job, progress: jobs.Progress) -> None:
        raise Invalid("Nothing fits.", errors=[Problem("/n", "too odd", "odd")])

    job = runs(refuse)
    _deliver()

    job.refresh_from_db()
    assert (job.state, job.problem["code"], job.problem["errors"][0]["pointer"]) == ("failed", "invalid", "/n")


def test_an_unexpected_fault_ends_the_job_and_tells_nothing_of_the_inside(runs: Any) -> None:
    def fail(job: Job, progress: jobs.Progress) -> None:
        raise RuntimeError("the secret is Rumpelstiltskin")

    job = runs(fail)
    _deliver()

    job.refresh_from_db()
    assert (job.state, job.problem["code"]) == ("failed", "internal")
    assert "Rumpelstiltskin" not in str(job.problem)


def test_without_the_database_the_job_comes_again(runs: Any) -> None:
    attempts: list[int] = []

    def flaky(job: Job, progress: jobs.Progress) -> str:
        attempts.append(1)
        if len(attempts) == 1:
            raise OperationalError("gone")
        return "done"

    job = runs(flaky)
    _deliver()
    assert Job.objects.get(pk=job.pk).state == "running"
    _deliver(timedelta(minutes=1))

    assert (Job.objects.get(pk=job.pk).result, len(attempts)) == ("done", 2)


def test_an_atomic_runner_leaves_nothing_behind_when_it_fails_on_its_way(
    runs: Any, monkeypatch: pytest.MonkeyPatch, now: Any
) -> None:
    def half(job: Job, progress: jobs.Progress) -> None:
        Subject.objects.create(code="a", name="A", created_at=now)
        raise OperationalError("gone")

    monkeypatch.setattr(jobs, "_atomic", {"test"})
    job = runs(half)
    _deliver()

    assert not Subject.objects.exists()
    assert Job.objects.get(pk=job.pk).state == "running"


def test_of_two_workers_with_one_atomic_job_only_the_first_to_end_it_leaves_something(
    runs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(job: Job, progress: jobs.Progress) -> None:
        Subject.objects.create(code="twice", name="Twice", created_at=timezone.now())
        Job.objects.filter(pk=job.pk).update(state=Job.State.SUCCEEDED)  # as another worker does

    monkeypatch.setattr(jobs, "_atomic", {"test"})
    runs(overtaken)
    _deliver()

    assert not Subject.objects.filter(code="twice").exists()


def test_a_job_is_not_run_again_once_it_has_ended(runs: Any) -> None:
    times: list[int] = []
    job = runs(lambda job, progress: times.append(1))
    _deliver()
    event = Event.objects.get(name="job.enqueued", payload={"job_id": str(job.pk)})

    jobs.run_job(event)

    assert times == [1]


def test_a_queued_job_that_was_cancelled_never_runs(runs: Any, api: Api) -> None:
    times: list[int] = []
    job = runs(lambda job, progress: times.append(1))

    cancelled = api.post(f"jobs/{job.pk}/cancel/")
    _deliver()
    again = api.post(f"jobs/{job.pk}/cancel/")

    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert (again.status_code, again.json()["code"]) == (409, "job_has_ended")
    assert times == []
    assert AuditEntry.objects.filter(action="job.cancelled", object_id=str(job.pk)).count() == 1


def test_a_running_job_stops_at_its_next_word_of_progress(runs: Any) -> None:
    steps: list[int] = []

    def long(job: Job, progress: jobs.Progress) -> None:
        for step in range(3):
            progress(step / 3)
            steps.append(step)
            jobs.cancel(job, now=timezone.now())

    job = runs(long)
    _deliver()

    job.refresh_from_db()
    assert (steps, job.state, job.result) == ([0], "cancelled", None)


def test_a_job_that_nobody_runs_is_refused_at_once(ada: User) -> None:
    with pytest.raises(LookupError):
        jobs.enqueue("unknown", {}, requested_by=ada.pk, now=timezone.now())


@pytest.mark.requirement("SEC-AUTH-002", "DB-002")
def test_a_job_is_seen_by_who_asked_for_it(runs: Any, api: Api, beta_api: Api, make_user: Any, api_of: Any) -> None:
    job = runs(lambda job, progress: None)
    analyst = api_of(make_user("an@acme.example", "model_analyst"))

    assert api.get(f"jobs/{job.pk}/").status_code == 200
    assert analyst.get(f"jobs/{job.pk}/").status_code == 404
    assert analyst.post(f"jobs/{job.pk}/cancel/").status_code == 404
    assert beta_api.get(f"jobs/{job.pk}/").status_code == 404


def test_a_job_that_always_takes_the_database_with_it_is_given_up(runs: Any) -> None:
    attempts: list[int] = []

    def fatal(job: Job, progress: jobs.Progress) -> None:
        attempts.append(1)
        raise OperationalError("gone")

    job = runs(fatal)
    for hour in range(6):
        _deliver(timedelta(hours=hour))

    job.refresh_from_db()
    assert (job.state, job.problem["code"], len(attempts)) == ("failed", "job_given_up", jobs.MOST_STARTS)


def test_a_tenant_has_one_turn_at_a_time(runs: Any) -> None:
    order: list[str] = []

    def slow(job: Job, progress: jobs.Progress) -> None:
        order.append("begun")
        if len(order) == 1:  # another thread looks for work meanwhile
            assert events.deliver_due(timezone.now() + timedelta(seconds=1)) == 0
            assert Job.objects.filter(state="queued").count() == 1
        order.append("ended")

    runs(slow)
    runs(slow)
    while events.deliver_due(timezone.now()):
        pass

    assert order == ["begun", "ended", "begun", "ended"]
    assert not Job.objects.exclude(state="succeeded").exists()
