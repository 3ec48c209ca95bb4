"""Subjects and assessments from files: as a job, all of them or none, or only tried."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.core import events
from apps.models.models import Assessment, Subject
from apps.models.tests.conftest import Api
from apps.models.tests.sheets import stored_answers

pytestmark = pytest.mark.requirement("CMS-001")


def _work() -> None:
    while events.deliver_due(timezone.now() + timedelta(seconds=1)):
        pass


def _job(api: Api, asked: Any) -> dict[str, Any]:
    assert asked.status_code == 202, asked.content
    _work()
    job: dict[str, Any] = api.get(asked["Location"].removeprefix("/api/v1/")).json()
    return job


@pytest.fixture
def two_sites(api: Api) -> None:
    api.post("subjects/", [{"code": "north", "name": "North"}, {"code": "south", "name": "South"}])


ANSWERS = "id,rater,group,question,value\nnorth,r1,staff,L1,5\nnorth,r1,staff,N1,1\nsouth,r1,staff,L1,3\n"


def test_subjects_come_from_csv(api: Api) -> None:
    job = _job(api, api.post("subjects/import/", {"csv": "code;name;group\na;Änne;g1\nb;B;\n"}))

    assert (job["state"], job["result"]) == ("succeeded", {"dry_run": False, "created": 2, "warnings": []})
    assert list(Subject.objects.order_by("code").values_list("code", "name", "group")) == [
        ("a", "Änne", "g1"),
        ("b", "B", ""),
    ]


def test_a_dry_run_leaves_nothing_behind(api: Api, two_sites: None, publish: Any, survey: dict[str, Any]) -> None:
    version = publish(survey)

    subjects = _job(api, api.post("subjects/import/", {"rows": [{"code": "a", "name": "A"}], "dry_run": True}))
    units = {"version": str(version.pk), "csv": ANSWERS, "dry_run": True}
    assessments = _job(api, api.post("assessments/import/", units))

    assert subjects["result"] == {"dry_run": True, "created": 1, "warnings": []}
    assert assessments["result"] == {"dry_run": True, "created": 2, "warnings": []}
    assert Subject.objects.count() == 2
    assert not Assessment.objects.exists()


def test_a_code_that_is_taken_fails_the_whole_import(api: Api, two_sites: None) -> None:
    rows = [{"code": "east", "name": "East"}, {"code": "north", "name": "Again"}]

    job = _job(api, api.post("subjects/import/", {"rows": rows}))

    assert (job["state"], job["problem"]["errors"][0]["pointer"]) == ("failed", "/rows/1/code")
    assert Subject.objects.count() == 2


def test_answers_from_a_file_are_stored_and_scored(
    api: Api, two_sites: None, publish: Any, survey: dict[str, Any]
) -> None:
    version = publish(survey)

    job = _job(api, api.post("assessments/import/", {"version": str(version.pk), "period": "2026", "csv": ANSWERS}))

    assert job["result"] == {"dry_run": False, "created": 2, "warnings": []}
    scores = Assessment.objects.values_list("subject__code", "period", "latest_run__score")
    assert sorted(scores) == [("north", "2026", 75.0), ("south", "2026", 50.0)]
    assert len(stored_answers()) == 3


def test_values_from_a_file_are_stored_and_scored(api: Api, two_sites: None, publish: Any, hdi: dict[str, Any]) -> None:
    head = "id,life_expectancy,expected_schooling,mean_schooling,gni_per_capita"
    version = publish(hdi)

    _job(api, api.post("assessments/import/", {"version": str(version.pk), "csv": f"{head}\nnorth,85,18,15,75000\n"}))

    assert Assessment.objects.get().latest_run.score == pytest.approx(1)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("csv", "pointer", "code"),
    [
        ("id,rater,question,value\nnorth,r1,L1,9\n", "/units/0/responses/0/answers/L1", "answer_off_scale"),
        ("id,rater,question,value\nwest,r1,L1,4\n", "/units/0/id", "unknown_subject"),
        ("id,rater,question,value\nnorth,r1,X,4\n", "/units", "unknown_input"),
    ],
)
def test_what_cannot_be_imported_is_named(
    api: Api, two_sites: None, publish: Any, survey: dict[str, Any], csv: str, pointer: str, code: str
) -> None:
    version = publish(survey)

    job = _job(api, api.post("assessments/import/", {"version": str(version.pk), "csv": csv}))

    assert job["state"] == "failed"
    assert [(one["pointer"], one["code"]) for one in job["problem"]["errors"]] == [(pointer, code)]
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("subjects/import/", {}, "/rows"),
        ("subjects/import/", {"rows": [], "csv": ""}, "/rows"),
        ("subjects/import/", {"rows": [{"code": "a"}]}, "/rows/0/name"),
        ("subjects/import/", {"csv": 'code,name\n"a'}, "/csv/2"),
        ("assessments/import/", {"version": "x"}, "/version"),
        ("assessments/import/", {"version": "01a20649-0000-7000-8000-000000000000", "units": [{}]}, "/version"),
        ("assessments/import/", {"version": "01a20649-0000-7000-8000-000000000000", "csv": "x\n1\n"}, "/lines/1"),
    ],
)
def test_a_request_that_is_not_clear_is_refused_at_once(api: Api, path: str, body: Any, pointer: str) -> None:
    answer = api.post(path, body)

    assert answer.status_code == 422
    assert pointer in {one["pointer"] for one in answer.json()["errors"]}


def test_importing_needs_the_right_to_create(acme: Any, make_user: Any, api_of: Any) -> None:
    stakeholder = api_of(make_user("sam@acme.example", "stakeholder"))

    for path in ("subjects/import/", "assessments/import/"):
        assert stakeholder.post(path, {}).status_code == 403


@pytest.mark.requirement("DB-002")
def test_a_version_of_another_tenant_cannot_be_imported_to(beta_api: Api, publish: Any, survey: dict[str, Any]) -> None:
    version = publish(survey)

    answer = beta_api.post("assessments/import/", {"version": str(version.pk), "units": [{"id": "north"}]})

    assert [one["pointer"] for one in answer.json()["errors"]] == ["/version"]
