"""Every calculation has a budget: within it at once, beyond it a job that ends in time, beyond that a clear word."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

import resimate_engine as engine
from apps.core import apart, context, events, jobs, turns
from apps.core.models import Job
from apps.models import costing
from apps.models.services import budgets
from apps.models.tests.conftest import Api
from resimate_engine import costs, document


def ranked(children: int, method: str = "copeland") -> dict[str, Any]:
    leaves = [
        {"code": f"c{n}", "indicator": {"input": f"x{n}", "normalisation": {"method": "none"}}} for n in range(children)
    ]
    root = {"code": "r", "aggregation": {"method": method}, "children": leaves}
    head = {"schema": "resimate.model/1", "code": "m", "name": {"en": "M"}, "mode": "relative"}
    return {**head, "scale": {"low": 0, "high": 1}, "root": root}


def units(count: int, inputs: int = 1) -> list[dict[str, Any]]:
    return [{"id": f"u{n}", "values": {f"x{i}": (n * 7 + i) % 11 for i in range(inputs)}} for n in range(count)]


def bodies(size: int) -> dict[str, dict[str, Any]]:
    """What each endpoint is asked, of that size."""
    calculation = {"model": ranked(3), "units": units(size, 3)}
    table = [[float((row * 31 + column) % 97 + 1) for column in range(size)] for row in range(4)]
    return {
        "calculations/": calculation,
        "calculations/explain/": {**calculation, "unit": "u0"},
        "calculations/weights/": {"method": "critic", "data": table},
        "calculations/agreement/": {"measure": "krippendorff_alpha", "level": "ratio", "ratings": table},
    }


PATHS = sorted(bodies(2))


def _deliver() -> None:
    while events.deliver_due(timezone.now()):
        pass


@pytest.mark.parametrize("path", PATHS)
def test_within_the_budget_the_answer_comes_at_once(path: str, api: Api) -> None:
    assert api.post(path, bodies(30)[path]).status_code == 200


@pytest.fixture
def apart_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No body is small enough to be read here."""
    monkeypatch.setattr(budgets, "READ_HERE", -1)


@pytest.mark.parametrize("path", PATHS)
def test_a_large_body_is_answered_like_a_small_one(path: str, api: Api, request: pytest.FixtureRequest) -> None:
    here = api.post(path, bodies(6)[path])
    request.getfixturevalue("apart_alone")

    there = api.post(path, bodies(6)[path])

    assert (here.status_code, without_time(there.content)) == (200, without_time(here.content))
    assert there["Content-Type"] == here["Content-Type"]


def without_time(content: bytes) -> bytes:
    return re.sub(rb'"duration_ms":[0-9.e-]+', b"", content)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[1]",
        b'{"model": {}, "units": "\\u0000"}',
        b'{"model": {"version": "7"}, "units": []}',
        b'{"model": {"schema": "none"}, "units": []}',
        b"[" * 300 + b"]" * 300,
    ],
)
@pytest.mark.parametrize("path", PATHS)
def test_a_large_body_is_refused_like_a_small_one(
    path: str, body: bytes, api: Api, request: pytest.FixtureRequest
) -> None:
    here = api.post(path, body).json()
    request.getfixturevalue("apart_alone")

    there = api.post(path, body).json()

    assert here["status"] >= 400
    assert {**there, "trace_id": ""} == {**here, "trace_id": ""}


def test_a_calculation_ends_when_nobody_waits_for_it_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "LOOKS_EVERY", 0.01)

    gone = context.Work(waited_for=True, is_abandoned=lambda: True)
    with context.use(gone), pytest.raises(budgets.NobodyWaits):
        budgets.calculated(1.0, time.sleep, 60)


def test_two_tenants_calculate_at_the_same_time(api: Api, apart_alone: None) -> None:
    with turns.TURNS.take("globex"):
        answer = api.post("calculations/weights/", bodies(6)["calculations/weights/"])

    assert answer.status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_beyond_it_a_job_gives_the_same_answer(path: str, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    body = bodies(600)[path]
    monkeypatch.setattr(budgets, "SMALL", 0)  # or the first answer would be the second
    at_once = api.post(path, body).json()
    monkeypatch.setattr(costing, "LIGHT", 0.0)
    monkeypatch.setattr(costing, "INLINE", 0.0)
    for place in ("calculating", "services.documents"):
        monkeypatch.setattr(f"apps.models.{place}.check_size", lambda data: 0.0)

    answer = api.post(path, body)
    _deliver()

    assert answer.status_code == 202
    job = Job.objects.get(pk=answer.json()["id"])
    found = job.result or {}
    assert job.state == "succeeded"
    assert {**found, "duration_ms": 0} == {**at_once, "duration_ms": 0}


@pytest.mark.parametrize("path", PATHS)
def test_what_not_even_a_job_would_do_is_refused_with_both_sizes(
    path: str, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costing, "LIGHT", 0.0)
    monkeypatch.setattr(costing, "MOST", 1e-9)

    answer = api.post(path, bodies(50)[path])

    assert (answer.status_code, answer.json()["code"]) == (422, "too_much_to_calculate")
    assert not Job.objects.exists()


def test_five_thousand_units_of_a_large_model_are_answered_at_once() -> None:
    model = document.parse({**ranked(60, "arithmetic_mean"), "mode": "absolute"})

    assert costs.of_scores(model, units(5000, 60)) <= costing.INLINE


def ratios(raters: int, many: int, rating: Any) -> dict[str, Any]:
    """Ratings that all differ: of each unit as many are compared as there are raters."""
    rows = [[rating(rater * many + unit) for unit in range(many)] for rater in range(raters)]
    return {"measure": "krippendorff_alpha", "level": "ratio", "ratings": rows}


@pytest.mark.parametrize(
    ("cost", "least"),
    [
        (lambda: costs.of_agreement({"measure": "icc", "ratings": [[1.0] * 5000] * 5000}), 20),
        (lambda: costs.of_agreement(ratios(300, 5000, lambda n: 1.0 + n)), 5),
        (lambda: costs.of_agreement(ratios(300, 5000, lambda n: 10.0 ** (n % 150 - 75) + n)), 20),
        (lambda: costs.of_agreement(ratios(200, 5000, lambda n: n - 4e5)), 1.5),
        (lambda: costs.of_weights({"method": "critic", "data": [[1.0] * 5000] * 2}), 1.5),
        (lambda: costs.of_weights({"method": "pca", "data": [[1.0] * 4000] * 800}), 30),
        (lambda: costs.of_scores(document.parse(ranked(60)), [{}] * 5000), 5),
        (lambda: costs.of_scores(document.parse(ranked(1)), [{}] * 6_000_000), 60),
        (lambda: costs.of_scores(document.parse(ranked(3, "kemeny")), [{}] * 2000), 10),
        (lambda: costs.of_draws(document.parse(ranked(3)), units(1000, 3), 100_000, anew=False), 60),
    ],
)
def test_what_took_minutes_costs_more_than_a_request_may(cost: Any, least: float) -> None:
    assert cost() > least


def test_a_calculation_that_takes_too_long_ends_its_job_with_a_plain_word(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costing, "INLINE", -1.0)
    monkeypatch.setattr(costing, "LIGHT", -1.0)
    monkeypatch.setattr(budgets, "LIMIT", 0.2)
    monkeypatch.setattr(engine, "find_weights", time.sleep)
    job = _job(api, 30)

    _deliver()

    job.refresh_from_db()
    assert job.problem is not None
    assert (job.state, job.problem["code"]) == ("failed", "took_too_long")


def _job(api: Api, asked: Any) -> Job:
    from apps.accounts import reach
    from apps.accounts.models import User

    owner = User.objects.order_by("pk").first()
    assert owner is not None
    return reach.enqueue("calculation.weights", {"asked": asked}, acting_user=owner, now=timezone.now())


def test_cancelling_a_job_ends_its_calculation(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costing, "INLINE", -1.0)
    monkeypatch.setattr(costing, "LIGHT", -1.0)
    monkeypatch.setattr(engine, "find_weights", time.sleep)
    job = _job(api, 60)
    look = jobs.look

    def cancelled() -> None:
        jobs.cancel(job, now=timezone.now())
        look()

    monkeypatch.setattr(jobs, "look", cancelled)
    started = time.monotonic()

    _deliver()

    job.refresh_from_db()
    assert (job.state, time.monotonic() - started < 20) == ("cancelled", True)


@pytest.fixture
def taken() -> Iterator[None]:
    from apps.core.tenancy import current_schema

    with turns.TURNS.take(current_schema()):
        yield


@pytest.mark.parametrize("path", PATHS)
def test_a_tenant_does_one_heavy_calculation_at_a_time(
    path: str, api: Api, taken: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costing, "LIGHT", 0.0)
    monkeypatch.setattr(turns.TURNS, "patience", 0.0)

    answer = api.post(path, bodies(5)[path])

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_calculations")
    assert int(answer["Retry-After"]) >= 1


def test_millions_of_values_are_refused_before_they_are_read(api: Api) -> None:
    answer = api.post("calculations/", b'{"model": {}, "units": [' + b"{}," * 2_100_000 + b"{}]}")

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_document_of_more_parts_than_anybody_waits_for_is_refused(api: Api) -> None:
    heavy = {**ranked(1), "sources": ["s"] * 70_000}

    answer = api.post("calculations/", {"model": heavy, "units": units(1)})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_operators_are_not_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "run", None)
    with context.use(context.Work(actor_type="operator")):
        assert budgets.calculated(1e9, max, 1, 2) == 2
