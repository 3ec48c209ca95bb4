"""From answers to stored scores."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import resimate_engine as engine
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core import events
from apps.core.fields import fingerprint
from apps.core.models import Event, EventDelivery
from apps.keys.models import SubjectKey
from apps.models import services
from apps.models.models import Assessment, ReferenceSet, Response, Score, ScoredUnit, ScoreInput, ScoreRun
from apps.models.services.inputs import units_of_input
from apps.models.tests.conftest import Api

pytestmark = pytest.mark.requirement("CMS-002")


@pytest.fixture
def answered(assessment: Assessment, ada: User, now: Any) -> Assessment:
    """Two raters have handed in, a third has only begun."""
    for rater, group, answers in (
        ("r1", "staff", {"L1": 5, "L2": 3, "N1": 1}),
        ("r2", "board", {"L1": 4, "L2": "not_applicable", "N1": "dont_know"}),
    ):
        response = services.create_response(
            assessment, rater=rater, group=group, answers=answers, acting_user=ada, now=now
        )
        services.submit(response, acting_user=ada, now=now)
    services.create_response(assessment, rater="r3", answers={"L1": 1}, acting_user=ada, now=now)
    return assessment


def test_the_answers_that_were_handed_in_are_scored(answered: Assessment, now: Any) -> None:
    run = services.score_assessment(answered, now=now)

    nodes = {score.node: score.value for score in run.scores.all()}
    assert nodes == {"leadership": 75.0, "network": 0.0, "overall": 56.25}
    assert (run.score, run.band, run.rater_count) == (56.25, "high", 2)
    assert Assessment.objects.get(pk=answered.pk).latest_run == run


def test_the_stored_score_is_what_a_stateless_calculation_gives(
    answered: Assessment, now: Any, survey: dict[str, Any], api: Api
) -> None:
    run = services.score_assessment(answered, now=now)
    responses = [
        {"rater": "r1", "group": "staff", "answers": {"L1": 5, "L2": 3, "N1": 1}},
        {"rater": "r2", "group": "board", "answers": {"L1": 4, "L2": "not_applicable", "N1": "dont_know"}},
    ]
    units = [{"id": "harbour", "group": "sites", "values": {}, "responses": responses}]

    (result,) = api.post("calculations/", {"model": survey, "units": units}).json()["results"]

    assert (result["score"], result["coverage"]) == (run.score, run.coverage)
    stored = api.get(f"assessments/{answered.pk}/scores/latest/").json()["nodes"]
    for code, node in result["nodes"].items():
        assert {name: stored[code][name] for name in ("value", "coverage", "weight", "flags", "reason")} == {
            name: node[name] for name in ("value", "coverage", "weight", "flags", "reason")
        }


def test_the_same_input_is_scored_once(answered: Assessment, now: Any) -> None:
    first = services.score_assessment(answered, now=now)
    again = services.score_assessment(answered, now=now)

    assert again == first
    assert ScoreRun.objects.count() == 1
    assert AuditEntry.objects.filter(action="score.calculated").count() == 1
    assert Event.objects.filter(name="score.calculated").count() == 1


def test_a_changed_answer_gives_a_new_run_and_keeps_the_old_one(answered: Assessment, ada: User, now: Any) -> None:
    first = services.score_assessment(answered, now=now)
    response = Response.objects.get(rater="r1")
    services.save_answers(response, {"L1": 1}, acting_user=ada, now=now)

    second = services.score_assessment(answered, now=now)

    assert second.input_digest != first.input_digest
    assert ScoreRun.objects.get(pk=first.pk).score == 56.25
    assert Score.objects.filter(run=first).count() == Score.objects.filter(run=second).count() == 3


def test_without_answers_the_score_is_null_with_a_reason(assessment: Assessment, now: Any) -> None:
    run = services.score_assessment(assessment, now=now)

    assert (run.score, run.rater_count) == (None, 0)
    assert run.reason != ""


@pytest.mark.django_db(transaction=False)
def test_handing_in_is_followed_by_the_score(answered: Assessment) -> None:
    assert not ScoreRun.objects.exists()

    assert events.deliver_due(timezone.now()) > 0

    assert ScoreRun.objects.get().score == 56.25


def test_a_relative_model_compares_the_assessments_of_one_wave(
    publish: Any, ada: User, now: Any, survey: dict[str, Any]
) -> None:
    version = publish(
        {
            **{key: survey[key] for key in ("schema", "name")},
            "code": "rel",
            "mode": "relative",
            "scale": {"low": 0, "high": 1},
            "root": {"code": "x", "indicator": {"input": "x", "normalisation": "min_max"}},
        }
    )
    subjects = services.create_subjects(
        [{"code": code, "name": code} for code in ("a", "b", "c")], acting_user=ada, now=now
    )
    rows = [
        {"version": version, "subject": subject, "period": "2026", "values": {"x": x}}
        for subject, x in zip(subjects, (0, 5, 10), strict=True)
    ]
    middle = services.create_assessments(rows, acting_user=ada, now=now)[1]
    services.create_assessment(
        version=version, subject=subjects[0], period="2025", values={"x": 1000}, acting_user=ada, now=now
    )

    assert services.score_assessment(middle, now=now).score == 0.5


@pytest.mark.parametrize("typed", ["SPRING 2026", " Spring  2026\u00a0", "Spr\u00ading 2026", "Spring \uff12026"])
def test_a_wave_does_not_fall_apart_by_how_its_period_is_spelt(publish: Any, ada: User, now: Any, typed: str) -> None:
    version = publish(RELATIVE)
    who = {"acting_user": ada, "now": now}
    subjects = services.create_subjects([{"code": code, "name": code} for code in "abc"], **who)
    rows = [
        {"version": version, "subject": subject, "period": period, "values": {"x": x}}
        for subject, period, x in zip(subjects, ("Spring 2026", typed, "Autumn 2026"), (0, 5, 10), strict=True)
    ]
    *_others, later = services.create_assessments(rows, **who)

    changed = services.set_values(later, {"x": 10}, period=typed, **who)

    assert set(Assessment.objects.values_list("period", flat=True)) == {"Spring 2026"}
    assert services.score_assessment(changed, now=now).score == 1


RELATIVE: dict[str, Any] = {
    "schema": "resimate.model/1",
    "code": "rel",
    "name": {"en": "Relative"},
    "mode": "relative",
    "scale": {"low": 0, "high": 1},
    "root": {"code": "x", "indicator": {"input": "x", "normalisation": "min_max"}},
}


@pytest.fixture
def wave(publish: Any, ada: User, now: Any) -> list[Assessment]:
    """Three subjects with 0, 5 and 10."""
    version = publish(RELATIVE)
    subjects = services.create_subjects([{"code": c, "name": c} for c in ("a", "b", "c")], acting_user=ada, now=now)
    rows = [
        {"version": version, "subject": subject, "period": "2026", "values": {"x": x}}
        for subject, x in zip(subjects, (0, 5, 10), strict=True)
    ]
    return services.create_assessments(rows, acting_user=ada, now=now)


def test_a_whole_wave_shares_one_calculation_and_one_input(wave: list[Assessment], now: Any, spy: Any) -> None:
    runs = services.score_assessments(wave, now=now)

    assert [run.score for run in runs] == [0.0, 0.5, 1.0]
    assert spy() == 1
    (kept,) = ScoreInput.objects.filter(digest__in={run.input_digest for run in runs})
    assert [unit["id"] for unit in units_of_input(kept)] == ["a", "b", "c"]
    assert AuditEntry.objects.get(action="score.calculated").details["count"] == 3
    assert Event.objects.filter(name="score.calculated").count() == 3


def test_a_wave_that_changes_keeps_what_has_changed_and_its_old_scores_are_still_proved(
    wave: list[Assessment], ada: User, now: Any
) -> None:
    before = services.score_assessments(wave, now=now)[0]
    services.set_values(wave[2], {"x": 20}, acting_user=ada, now=now)

    after = services.score_assessments(wave[1:2], now=now)[0]

    assert ScoredUnit.objects.count() == 4
    for run, values in ((before, [0, 5, 10]), (after, [0, 5, 20])):
        trace = services.trace_of(services.stored_calculation(run))
        assert [unit["values"]["x"] for unit in trace["units"]] == values
        assert not services.verify_trace(json.loads(json.dumps(trace))).differences


def test_a_reference_set_takes_the_place_of_the_wave(wave: list[Assessment], ada: User, now: Any) -> None:
    units = [{"id": "low", "values": {"x": -10}}, {"id": "high", "values": {"x": 30}}]
    frozen = ReferenceSet.objects.create(
        key=SubjectKey.objects.create(),
        version=wave[0].version,
        name="2025",
        digest="d",
        units=units,
        unit_count=2,
        created_at=now,
    )
    Assessment.objects.filter(pk=wave[1].pk).update(reference_set=frozen)

    run = services.score_assessment(wave[1], now=now)

    assert run.score == (5 + 10) / 40
    assert ScoreInput.objects.get(digest=run.input_digest).reference_set == frozen


def test_those_who_share_a_reference_set_share_one_calculation(
    wave: list[Assessment], ada: User, now: Any, spy: Any
) -> None:
    units = [{"id": "a", "values": {"x": -10}}, {"id": "z", "values": {"x": 30}}]
    frozen = ReferenceSet.objects.create(
        key=SubjectKey.objects.create(),
        version=wave[0].version,
        name="2025",
        digest="d",
        units=units,
        unit_count=2,
        created_at=now,
    )
    Assessment.objects.filter(pk__in=[one.pk for one in wave]).update(reference_set=frozen)

    runs = services.score_assessments(wave, now=now)

    assert [run.score for run in runs] == [10 / 40, 15 / 40, 20 / 40]
    assert spy() == 1
    model, options = services.parsed(wave[0].version), {"reference": units}
    for run, own in zip(runs, wave, strict=True):
        kept = ScoreInput.objects.get(digest=run.input_digest)
        assert [unit["values"] for unit in kept.units] == [own.values]
        assert fingerprint(engine.score(model, kept.units, options).input_digest) == run.input_digest


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Any:
    """How often the engine has calculated."""
    made: list[int] = []
    score = engine.score
    monkeypatch.setattr(engine, "score", lambda *given: made.append(1) or score(*given))  # type: ignore[func-returns-value]
    return lambda: len(made)


@pytest.fixture(params=["redis", "database"])
def memory(request: pytest.FixtureRequest, settings: Any) -> str:
    """Where earlier results come from: the second time Redis is away."""
    if request.param == "database":
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    return str(request.param)


def test_an_input_that_was_there_before_is_not_calculated_again(
    answered: Assessment, ada: User, now: Any, spy: Any, memory: str
) -> None:
    response = Response.objects.get(rater="r1")
    first = services.score_assessment(answered, now=now)
    services.save_answers(response, {"L1": 1}, acting_user=ada, now=now)
    between = services.score_assessment(answered, now=now)
    services.save_answers(response, {"L1": 5}, acting_user=ada, now=now)

    again = services.score_assessment(answered, now=now)

    assert spy() == 2
    assert (
        (again.input_digest, again.score) == (first.input_digest, first.score) != (between.input_digest, between.score)
    )
    nodes = [
        list(
            run.scores.order_by("node").values_list("node", "value", "coverage", "weight", "flags", "reason", "raters")
        )
        for run in (first, again)
    ]
    assert nodes[0] == nodes[1] != []


def test_what_went_in_is_kept_and_gives_the_same_bits_again(answered: Assessment, now: Any) -> None:
    run = services.score_assessment(answered, now=now)

    kept = ScoreInput.objects.get(digest=run.input_digest)
    again = engine.score(services.parsed(run.version), kept.units)

    assert fingerprint(again.input_digest) == run.input_digest
    assert [unit["score"] for unit in again.results if unit["id"] == run.unit] == [run.score]


@pytest.mark.requirement("PERF-002")
def test_scoring_costs_a_fixed_number_of_queries(
    answered: Assessment, ada: User, now: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        response = services.create_response(
            answered, rater=f"more{number}", answers={"L1": 2}, acting_user=ada, now=now
        )
        services.submit(response, now=now)
    services.parsed(answered.version)

    with django_assert_max_num_queries(11):
        services.score_assessment(answered, now=now)


@pytest.mark.requirement("CMS-002")
def test_what_is_handed_in_at_the_same_time_is_scored_together(
    publish: Any, survey: dict[str, Any], ada: User, now: Any, spy: Any
) -> None:
    version = publish(survey)
    subjects = services.create_subjects([{"code": c, "name": c} for c in ("a", "b", "c")], acting_user=ada, now=now)
    rows = [{"version": version, "subject": subject, "period": "2026"} for subject in subjects]
    for assessment in services.create_assessments(rows, acting_user=ada, now=now):
        for rater in ("r1", "r2"):
            response = services.create_response(
                assessment, rater=rater, answers={"L1": 1 + len(rater)}, acting_user=ada, now=now
            )
            services.submit(response, now=now)
    before = spy()

    assert events.deliver_due(now) >= 6

    assert spy() == before + 1
    assert list(ScoreRun.objects.values_list("rater_count", flat=True)) == [2, 2, 2]
    assert not EventDelivery.objects.filter(subscriber="models.score_when_submitted").exclude(state="done").exists()


def test_scores_are_asked_for_as_a_job(api: Api, answered: Assessment) -> None:
    asked = api.post(f"assessments/{answered.pk}/scores/")

    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    path = asked["Location"].removeprefix("/api/v1/")
    while events.deliver_due(timezone.now()):
        pass
    job = api.get(path).json()
    assert (job["state"], job["progress"], job["result"]["score"]) == ("succeeded", 1.0, 56.25)
    runs = api.get(f"assessments/{answered.pk}/scores/").json()["results"]
    assert [run["id"] for run in runs] == [job["result"]["run_id"]]
    assert api.get(f"assessments/{answered.pk}/scores/{runs[0]['id']}/").json() == runs[0]


@pytest.mark.requirement("PERF-002")
@pytest.mark.parametrize("path", ["scores/", "scores/latest/"])
def test_a_stored_score_is_read_in_three_queries(api: Api, answered: Assessment, now: Any, path: str) -> None:
    services.score_assessment(answered, now=now)
    api.get(f"assessments/{answered.pk}/scores/")

    with CaptureQueriesContext(connection) as queries:
        assert api.get(f"assessments/{answered.pk}/{path}").status_code == 200

    asked = [query["sql"] for query in queries if "set_config" not in query["sql"]]
    assert len(asked) <= 3, asked


def test_before_the_first_calculation_there_is_an_empty_list(api: Api, assessment: Assessment) -> None:
    assert api.get(f"assessments/{assessment.pk}/scores/").json()["results"] == []
    assert api.get(f"assessments/{assessment.pk}/scores/latest/").status_code == 404


@pytest.mark.requirement("DB-002")
def test_another_tenants_scores_are_not_there(api: Api, beta_api: Api, answered: Assessment, now: Any) -> None:
    run = services.score_assessment(answered, now=now)

    for path in ("", "scores/", "scores/latest/", f"scores/{run.pk}/", "responses/", "export/"):
        assert beta_api.get(f"assessments/{answered.pk}/{path}").status_code == 404
    assert beta_api.post(f"assessments/{answered.pk}/scores/").status_code == 404
    assert api.get(f"assessments/{answered.pk}/scores/").status_code == 200


def test_a_number_that_the_database_keeps_as_an_integer_is_read_as_it_was_sent(
    api: Api, wave: list[Assessment], now: Any
) -> None:
    path = f"assessments/{wave[1].pk}/"
    sent = api.patch(path, {"values": {"x": 1e22}})
    read = api.get(path)
    services.score_assessment(wave[1], now=now)

    assert (read.status_code, read.json()["values"], read["ETag"]) == (200, {"x": 1e22}, sent["ETag"])
    places = (
        "assessments/",
        "assessments/export/",
        "assessments/export/?format=csv",
        f"{path}scores/latest/trace/",
        f"{path}scores/latest/explanation/",
    )
    assert {api.get(place).status_code for place in places} == {200}
