"""Why a stored score is what it is, and the proof that anybody can make of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator

import resimate_engine as engine
from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.core.errors import Invalid
from apps.core.fields import fingerprint
from apps.keys.models import SubjectKey
from apps.models import services
from apps.models.models import Assessment, ReferenceSet, Response, ScoreInput, ScoreRun
from apps.models.services import traces
from apps.models.tests.conftest import Api

pytestmark = pytest.mark.requirement("CMS-002")


@pytest.fixture
def run(assessment: Assessment, ada: User, now: Any) -> ScoreRun:
    """The harbour, scored from the answers of two raters."""
    for rater, group, answers in (
        ("r1", "staff", {"L1": 5, "L2": 3, "N1": 1}),
        ("r2", "board", {"L1": 4, "L2": "not_applicable", "N1": "dont_know"}),
    ):
        response = services.create_response(
            assessment, rater=rater, group=group, answers=answers, acting_user=ada, now=now
        )
        services.submit(response, acting_user=ada, now=now)
    return services.score_assessment(assessment, now=now)


@pytest.fixture
def wave(publish: Any, ada: User, now: Any) -> list[ScoreRun]:
    """Three subjects with 0, 5 and 10, compared with each other; the middle one is ada's own."""
    document = {
        "schema": "resimate.model/1",
        "code": "rel",
        "name": {"en": "Relative"},
        "mode": "relative",
        "scale": {"low": 0, "high": 1},
        "root": {"code": "x", "indicator": {"input": "x", "normalisation": "min_max"}},
    }
    version = publish(document)
    subjects = services.create_subjects([{"code": c, "name": c} for c in ("a", "b", "c")], acting_user=ada, now=now)
    rows = [
        {"version": version, "subject": subject, "period": "2026", "values": {"x": x}}
        for subject, x in zip(subjects, (0, 5, 1e22), strict=True)
    ]
    return services.score_assessments(services.create_assessments(rows, acting_user=ada, now=now), now=now)


def _path(run: ScoreRun, what: str, which: str = "") -> str:
    return f"assessments/{run.assessment_id}/scores/{which or run.pk}/{what}/"


@pytest.fixture
def trace(api: Api, run: ScoreRun) -> dict[str, Any]:
    return json.loads(api.get(_path(run, "trace")).content)


@pytest.mark.parametrize("which", ["", "latest"])
def test_a_stored_score_is_explained_from_what_went_in(api: Api, run: ScoreRun, which: str) -> None:
    body = api.get(_path(run, "explanation", which)).json()

    assert (body["run"], body["score"], body["agrees"]) == (str(run.pk), run.score, True)
    assert (body["input_digest"], body["calculated_by"]) == (run.input_digest, run.engine_version)
    parts = [body["nodes"][code]["contribution"] for code in ("leadership", "network")]
    assert sum(parts) == run.score
    assert body["nodes"]["leadership"]["effective_weight"] == 0.75
    assert body["indicators"]["leadership"]["normalised"] == body["nodes"]["leadership"]["value"]


def test_a_score_of_the_past_is_explained_by_the_answers_of_the_past(
    api: Api, run: ScoreRun, ada: User, now: Any
) -> None:
    services.save_answers(Response.objects.get(rater="r1"), {"L1": 1}, acting_user=ada, now=now)
    later = services.score_assessment(Assessment.objects.get(pk=run.assessment_id), now=now)

    scores = [api.get(_path(run, "explanation", which)).json()["score"] for which in ("", "latest")]

    assert scores == [run.score, later.score]
    assert run.score != later.score


def test_a_trace_is_a_file_that_keeps_to_its_schema(api: Api, run: ScoreRun, survey: Any) -> None:
    answer = api.get(_path(run, "trace"))

    assert answer["Content-Disposition"] == f'attachment; filename="trace-{run.pk}.json"'
    trace, schema = json.loads(answer.content), api.get("schemas/trace.json").json()
    assert list(Draft202012Validator(schema).iter_errors(trace)) == []
    assert trace["model"] == survey
    assert trace["units"] == ScoreInput.objects.get().units
    assert trace["result"]["nodes"]["network"]["raters"] == 1
    assert json.loads(api.get(_path(run, "trace", "latest")).content) == trace


def test_a_trace_is_reproduced_bit_for_bit(trace: dict[str, Any], run: ScoreRun) -> None:
    verdict = services.verify_trace(trace)

    assert verdict.differences == []
    assert (verdict.result["score"], fingerprint(verdict.input_digest)) == (run.score, run.input_digest)


def test_numbers_beyond_64_bits_keep_all_their_digits(api: Api, wave: list[ScoreRun]) -> None:
    trace = json.loads(api.get(_path(wave[1], "trace")).content)

    assert services.verify_trace(trace).differences == []
    assert trace["result"]["score"] == 5 / 1e22
    assert api.get(_path(wave[2], "explanation")).json()["score"] == 1.0


def test_the_units_of_a_reference_set_go_along(api: Api, wave: list[ScoreRun], now: Any) -> None:
    units = [{"id": "low", "values": {"x": -10}}, {"id": "high", "values": {"x": 30}}]
    frozen = ReferenceSet.objects.create(
        key=SubjectKey.objects.create(),
        version=wave[1].version,
        name="2025",
        digest="d",
        units=units,
        unit_count=2,
        created_at=now,
    )
    assessment = Assessment.objects.get(pk=wave[1].assessment_id)
    Assessment.objects.filter(pk=assessment.pk).update(reference_set=frozen)
    run = services.score_assessment(assessment, now=now)

    trace = json.loads(api.get(_path(run, "trace")).content)

    assert trace["options"] == {"reference": units}
    assert trace["result"]["score"] == (5 + 10) / 40
    assert services.verify_trace(trace).differences == []


TAMPERED: dict[str, tuple[list[Any], Any, str]] = {
    "answer": (["units", 0, "responses", 0, "answers", "L1"], 4, "/input_digest"),
    "weight": (["model", "root", "children", 0, "weight"], 2, "/model_digest"),
    "score": (["result", "score"], 60.0, "/result/score"),
    "node": (["result", "nodes", "network", "value"], 0.5, "/result/nodes/network/value"),
    "node's weight": (["result", "nodes", "network", "weight"], 2.0, "/result/nodes/network/weight"),
    "coverage": (["result", "nodes", "network", "coverage"], 1.0, "/result/nodes/network/coverage"),
    "band": (["result", "band"], "low", "/result/band"),
    "explanation": (["explanation", "nodes", "network", "gap"], 1.0, "/explanation/nodes/network/gap"),
    "engine": (["engine_version"], "0.9.0", "/input_digest"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_changed_in_a_trace_is_found(trace: dict[str, Any], what: str) -> None:
    (*way, last), value, place = TAMPERED[what]
    inner: Any = trace
    for step in way:
        inner = inner[step]
    assert inner[last] != value
    inner[last] = value

    assert services.verify_trace(trace).differences[0].pointer == place


def test_another_engine_is_compared_by_its_own_digest(trace: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """As a trace of today is read by an engine of tomorrow, which explains anew."""
    monkeypatch.setattr(engine, "ENGINE_VERSION", "9.0.0")
    trace["explanation"]["id"] = "in other words"

    verdict = services.verify_trace(trace)

    assert (verdict.differences, verdict.calculated_by) == ([], trace["engine_version"])


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (lambda trace: trace.pop("units"), ""),
        (lambda trace: trace.update(unit="nowhere"), "/unit"),
        (lambda trace: trace.update(schema="resimate.trace/2"), "/schema"),
        (lambda trace: trace["model"].update(root={}), "/model/root"),
        (lambda trace: trace["units"][0].update(id=7), "/units/0/id"),
        (lambda trace: trace["result"]["nodes"].update(network=1), "/result/nodes/network"),
    ],
)
def test_what_is_no_trace_is_refused_with_the_place(
    trace: dict[str, Any], spoil: Callable[..., Any], place: str
) -> None:
    spoil(trace)

    with pytest.raises(Invalid) as refused:
        services.verify_trace(trace)

    assert refused.value.errors[0].pointer.startswith(place)


@pytest.mark.parametrize("what", ["explanation", "trace"])
def test_a_run_from_before_inputs_were_kept_says_so(api: Api, run: ScoreRun, what: str) -> None:
    old = ScoreRun.objects.create(
        number=99,
        assessment=run.assessment,
        version=run.version,
        engine_version="0.9.0",
        input_digest="0" * 64,
        score=50.0,
        duration_ms=1.0,
        calculated_at=run.calculated_at,
    )

    answer = api.get(_path(old, what))

    assert (answer.status_code, answer.json()["code"]) == (409, "input_not_kept")


@pytest.mark.parametrize("what", ["explanation", "trace"])
def test_before_the_first_score_there_is_nothing_to_explain(api: Api, assessment: Assessment, what: str) -> None:
    assert api.get(f"assessments/{assessment.pk}/scores/latest/{what}/").status_code == 404


@pytest.mark.parametrize("what", ["explanation", "trace"])
def test_what_is_known_is_not_sent_again(api: Api, run: ScoreRun, what: str) -> None:
    etag = api.get(_path(run, what))["ETag"]

    answer = api.get(_path(run, what), if_none_match=etag)

    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.requirement("PERF-002")
@pytest.mark.parametrize("what", ["explanation", "trace"])
def test_however_many_answered_it_costs_the_same_queries(
    api: Api, run: ScoreRun, what: str, ada: User, now: Any
) -> None:
    for number in range(7):
        response = services.create_response(
            run.assessment, rater=f"more{number}", answers={"L1": 2}, acting_user=ada, now=now
        )
        services.submit(response, now=now)
    services.score_assessment(run.assessment, now=now)
    api.get(_path(run, what))
    counts = []

    for which in ("", "latest"):
        with CaptureQueriesContext(connection) as queries:
            assert api.get(_path(run, what, which)).status_code == 200
        counts.append(len([query for query in queries if "set_config" not in query["sql"]]))

    assert counts[0] == counts[1] <= 5


@pytest.mark.requirement("SEC-AUTH-002")
def test_who_reads_only_their_own_gets_no_trace_of_others_answers(
    wave: list[ScoreRun], make_user: Any, api_of: Any, now: Any
) -> None:
    role = accounts.create_role("own", name="own", permissions=["assessments:own:read"], acting_user=None, now=now)
    bea = make_user("bea@acme.example")
    accounts.grant_role(bea, role, acting_user=None, now=now)
    own = api_of(bea)
    Assessment.objects.filter(pk=wave[1].assessment_id).update(created_by=bea)

    assert own.get(_path(wave[0], "trace")).status_code == 404
    assert own.get(_path(wave[1], "explanation")).status_code == 200
    assert own.get(_path(wave[1], "trace")).status_code == 403
    Assessment.objects.update(created_by=bea)
    assert own.get(_path(wave[1], "trace")).status_code == 200


@pytest.mark.requirement("DB-002")
def test_another_tenants_scores_are_not_explained(api: Api, beta_api: Api, run: ScoreRun) -> None:
    for what in ("explanation", "trace"):
        for which in ("", "latest"):
            assert beta_api.get(_path(run, what, which)).status_code == 404
            assert api.get(_path(run, what, which)).status_code == 200


def test_the_published_schema_is_what_the_check_goes_by() -> None:
    Draft202012Validator.check_schema(traces.trace_schema())
