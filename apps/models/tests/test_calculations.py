"""Calculations that store nothing."""

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.core import events
from apps.core.models import Job
from apps.models import services
from apps.models.models import Assessment, ScoreRun
from apps.models.tests.conftest import Api

pytestmark = pytest.mark.requirement("CMS-002")


@pytest.fixture
def simple(survey: dict[str, Any]) -> dict[str, Any]:
    """Two inputs, each on its goalposts, on the scale 0 to 1."""
    posts = {"method": "goalposts", "low": 0, "high": 10}
    return {
        "schema": survey["schema"],
        "code": "simple",
        "name": {"en": "Simple"},
        "scale": {"low": 0, "high": 1},
        "bands": [{"from": 0, "code": "low"}, {"from": 0.5, "code": "high"}],
        "root": {
            "code": "all",
            "aggregation": "arithmetic_mean",
            "children": [
                {"code": "a", "indicator": {"input": "a", "normalisation": posts}},
                {"code": "b", "indicator": {"input": "b", "normalisation": posts}},
            ],
        },
    }


def _unit(name: str, **values: Any) -> dict[str, Any]:
    return {"id": name, "values": values}


def test_units_are_scored_banded_and_ranked(api: Api, simple: dict[str, Any]) -> None:
    units = [_unit("x", a=2, b=4), _unit("y", a=8, b=6), _unit("z", a=None, b=4)]

    answer = api.post("calculations/", {"model": simple, "units": units})

    assert answer.status_code == 200
    body = answer.json()
    assert [(one["id"], one["score"], one["band"], one["rank"], one["coverage"]) for one in body["results"]] == [
        ("x", 0.30000000000000004, "low", 3, 1.0),
        ("y", 0.7, "high", 1, 1.0),
        ("z", 0.4, "low", 2, 0.5),
    ]
    assert body["results"][0]["nodes"]["a"]["value"] == 0.2
    assert body["duration_ms"] >= 0
    assert (len(body["input_digest"]), body["warnings"]) == (64, [])


def test_equal_calls_get_equal_answers(api: Api, simple: dict[str, Any]) -> None:
    body = {"model": simple, "units": [_unit("x", a=1 / 3, b=2 / 3)]}

    first, second = (api.post("calculations/", body).json() for _ in range(2))

    assert {**first, "duration_ms": 0} == {**second, "duration_ms": 0}


def test_only_what_was_asked_for_is_included(api: Api, simple: dict[str, Any]) -> None:
    body = {"model": simple, "units": [_unit("x", a=1, b=2)], "options": {"include": ["normalised"]}}

    (result,) = api.post("calculations/", body).json()["results"]

    assert result["normalised"] == {"a": 0.1, "b": 0.2}
    assert "nodes" not in result


def test_an_input_that_the_model_does_not_name_is_a_warning(api: Api, simple: dict[str, Any]) -> None:
    body = {"model": simple, "units": [_unit("x", a=1, b=2, c=3)]}

    assert [one["code"] for one in api.post("calculations/", body).json()["warnings"]] == ["unknown_input"]


@pytest.mark.parametrize(
    ("units", "pointer"),
    [
        ([{"id": "x", "values": {"a": "7"}}], "/units/0/values/a"),
        ([{"id": "x", "values": {"a": True}}], "/units/0/values/a"),
        ([{"id": "x"}, {"id": "x"}], "/units/1/id"),
        ([{"values": {}}], "/units/0/id"),
        ([{"id": "x", "colour": "red"}], "/units/0/colour"),
        (["x"], "/units/0"),
        ("x", "/units"),
        (None, "/units"),
    ],
)
def test_bad_units_are_named(api: Api, simple: dict[str, Any], units: Any, pointer: str) -> None:
    answer = api.post("calculations/", {"model": simple, "units": units})

    assert answer.status_code == 422
    assert pointer in {one["pointer"] for one in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"colour": "red"}, "/colour"),
        ({"options": []}, "/options"),
        ({"options": {"x": 1}}, "/options/x"),
        ({"options": {"include": ["everything"]}}, "/options/include/0"),
        ({"model": None}, "/model"),
        ({"model": {"version": "x"}}, "/model/version"),
        ({"model": {"version": None}}, "/model/version"),
        ({"model": {"version": "01a20649-0000-7000-8000-000000000000"}}, "/model/version"),
    ],
)
def test_bad_calls_are_named(api: Api, simple: dict[str, Any], change: dict[str, Any], pointer: str) -> None:
    answer = api.post("calculations/", {"model": simple, "units": [], **change})

    assert answer.status_code == 422
    assert pointer in {one["pointer"] for one in answer.json()["errors"]}


@pytest.mark.parametrize("path", ["", "explain/", "weights/", "agreement/"])
@pytest.mark.parametrize("body", ["[]", "null", "{}", "7", "{", '{"model": 1, "units": 1, "unit": 1}'])
def test_what_is_no_call_is_refused(api: Api, path: str, body: str) -> None:
    answer = api.post(f"calculations/{path}", body)

    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == "application/problem+json"


def test_one_units_score_is_explained(api: Api, simple: dict[str, Any]) -> None:
    units = [_unit("x", a=2, b=4), _unit("y", a=8, b=6)]

    trace = api.post("calculations/explain/", {"model": simple, "units": units, "unit": "x"}).json()

    assert (trace["id"], trace["score"]) == ("x", 0.30000000000000004)
    assert trace["nodes"].keys() == {"all", "a", "b"}
    assert trace["indicators"].keys() == {"a", "b"}


@pytest.mark.parametrize("unit", ["z", None, 7])
def test_a_unit_that_is_not_there_cannot_be_explained(api: Api, simple: dict[str, Any], unit: Any) -> None:
    answer = api.post("calculations/explain/", {"model": simple, "units": [_unit("x", a=1)], "unit": unit})

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/unit"]


def test_weights_come_from_pairwise_comparisons(api: Api) -> None:
    body = {"method": "ahp", "matrices": [[[1, 3], [0.3333333333, 1]]]}

    answer = api.post("calculations/weights/", body).json()

    assert [round(weight, 6) for weight in answer["weights"]] == [0.75, 0.25]
    assert answer["consistency"]["lambda_max"] == pytest.approx(2)


def test_agreement_of_raters_is_measured(api: Api) -> None:
    body = {"measure": "krippendorff_alpha", "level": "nominal", "ratings": [[1, 2, None], [1, 2, 3]]}

    assert api.post("calculations/agreement/", body).json()["value"] == pytest.approx(1)


def test_a_stored_version_scores_as_its_document_does(api: Api, publish: Any, simple: dict[str, Any]) -> None:
    version = publish(simple)
    units = [_unit("x", a=2, b=4)]

    stored = api.post("calculations/", {"model": {"version": str(version.pk)}, "units": units}).json()
    inline = api.post("calculations/", {"model": simple, "units": units}).json()

    assert stored["results"] == inline["results"]
    assert stored["input_digest"] == inline["input_digest"]


@pytest.mark.requirement("DB-002")
def test_a_version_of_another_tenant_is_unknown(beta_api: Api, publish: Any, simple: dict[str, Any]) -> None:
    version = publish(simple)

    answer = beta_api.post("calculations/", {"model": {"version": str(version.pk)}, "units": []})

    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/model/version", "unknown_version")]


def test_more_than_five_thousand_units_are_a_job(api: Api, simple: dict[str, Any]) -> None:
    units = [_unit(f"u{number}", a=number % 11, b=1) for number in range(5001)]

    asked = api.post("calculations/", {"model": simple, "units": units, "options": {"include": []}})

    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    events.deliver_due(timezone.now())
    job = api.get(asked["Location"].removeprefix("/api/v1/")).json()
    assert (job["state"], len(job["result"]["results"])) == ("succeeded", 5001)
    assert job["result"]["results"][10]["score"] == 0.55


def test_five_thousand_units_are_answered_at_once(api: Api, simple: dict[str, Any]) -> None:
    units = [_unit(f"u{number}", a=number % 11, b=1) for number in range(5000)]

    answer = api.post("calculations/", {"model": simple, "units": units})

    assert (answer.status_code, len(answer.json()["results"])) == (200, 5000)


def test_a_job_that_cannot_be_done_says_why(api: Api, simple: dict[str, Any]) -> None:
    units = [_unit("same") for _ in range(5001)]

    asked = api.post("calculations/", {"model": simple, "units": units})
    events.deliver_due(timezone.now())

    job = api.get(asked["Location"].removeprefix("/api/v1/")).json()
    assert (job["state"], job["problem"]["code"]) == ("failed", "invalid")
    assert job["problem"]["errors"][0] == {
        "pointer": "/units/1/id",
        "code": "duplicate_id",
        "detail": "unit 'same' appears twice",
    }


def test_more_than_twenty_megabytes_are_too_large(api: Api) -> None:
    answer = api.post("calculations/", b" " * (20 * 1024 * 1024 + 1))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_it_needs_the_permission(acme: Any, make_user: Any, api_of: Any, simple: dict[str, Any]) -> None:
    stakeholder = api_of(make_user("sam@acme.example", "stakeholder"))

    assert stakeholder.post("calculations/", {"model": simple, "units": []}).status_code == 403


def test_nothing_is_stored(api: Api, simple: dict[str, Any]) -> None:
    api.post("calculations/", {"model": simple, "units": [_unit("x", a=1, b=2)]})

    assert not ScoreRun.objects.exists()
    assert not Job.objects.exists()


def test_values_of_an_assessment_are_checked_against_its_model(
    api: Api, publish: Any, simple: dict[str, Any], harbour: Any
) -> None:
    version = publish(simple)
    row = {"version": str(version.pk), "subject": str(harbour.pk)}

    made = api.post("assessments/", {**row, "values": {"a": 5}})
    path = f"assessments/{made.json()['id']}/"
    wrong = api.post("assessments/", [{**row, "values": {"a": "x"}}, {**row, "values": {"z": 1}}])

    assert made.status_code == 201
    assert {(one["pointer"], one["code"]) for one in wrong.json()["errors"]} == {
        ("/0/values/a", "not_a_number"),
        ("/1/values/z", "unknown_input"),
    }
    assert api.patch(path, {"values": {"b": []}}).json()["errors"][0]["pointer"] == "/values/b"
    assert api.put(path, {"values": {"a": 5, "b": 7}}).json()["values"] == {"a": 5, "b": 7}
    assert Assessment.objects.count() == 1


def test_only_a_published_version_can_be_assessed(
    api: Api, simple: dict[str, Any], harbour: Any, ada: User, now: Any
) -> None:
    draft = services.import_document(simple, acting_user=ada, now=now)

    answer = api.post("assessments/", {"version": str(draft.pk), "subject": str(harbour.pk)})
    nowhere = api.post("assessments/", {"version": str(harbour.pk), "subject": str(draft.pk)})

    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/version", "version_not_published")]
    assert {(one["pointer"], one["code"]) for one in nowhere.json()["errors"]} == {
        ("/version", "unknown_version"),
        ("/subject", "unknown_subject"),
    }


def test_assessments_are_filtered_by_version_subject_and_period(api: Api, assessment: Assessment) -> None:
    for query in (f"version={assessment.version_id}", f"subject={assessment.subject_id}", "period=2026", "state=open"):
        assert len(api.get(f"assessments/?{query}").json()["results"]) == 1
    for query in (f"version={assessment.pk}", "period=2025", "state=locked"):
        assert api.get(f"assessments/?{query}").json()["results"] == []
    assert api.get("assessments/?version=x").status_code == 422


def test_a_document_that_is_known_is_not_parsed_again(simple: dict[str, Any], publish: Any) -> None:
    """Whether it comes with a call or is a version's, and in whatever order its keys are."""
    version = publish({**simple, "code": "known"})
    kept = services.parsed(version)

    assert services.model_of(dict(reversed(version.document.items()))) is kept
