"""Whatever is sent, the answer is a problem that says why, and never a fault."""

import base64
from typing import Any

import pytest

from apps.models.models import Assessment
from apps.models.tests.conftest import Api

pytestmark = pytest.mark.requirement("CMS-001")

NUL = "%00"


def _cursor(position: str) -> str:
    return base64.b64encode(position.encode()).decode()


@pytest.mark.parametrize("path", ["models/", "subjects/", "assessments/"])
@pytest.mark.parametrize(
    "query",
    [
        f"cursor={_cursor('p=x')}",
        f"cursor={_cursor('p=')}",
        f"cursor={_cursor('o=99999999999999')}",
        f"cursor={_cursor('r=1&p=')}",
        "cursor=x",
        "cursor=%00",
        "page_size=0",
        "page_size=201",
        "page_size=x",
        "page_size=99999999999999999999",
        "code=%00",
        "group=%00",
        "period=%00",
        "state=%00",
        "version=%00",
        "version=1",
        "unknown=%00",
    ],
)
def test_query_parameters(api: Api, path: str, query: str) -> None:
    answer = api.get(f"{path}?{query}")

    assert answer.status_code in (200, 400, 404, 422)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "models/{model}/", {"name": {"en\0": "x"}}),
        ("PATCH", "models/{model}/", {"name": {"en": "x\0"}}),
        ("PATCH", "models/{model}/", {"name": {"": "x"}}),
        ("PATCH", "models/{model}/", {"name": {}}),
        ("PATCH", "models/{model}/", {"name": []}),
        ("PATCH", "models/{model}/", []),
        ("PUT", "models/{model}/", None),
        ("POST", "models/{model}/versions/", {"document": 7}),
        ("POST", "subjects/", {"code": "a", "name": "x\0"}),
        ("POST", "subjects/", {"code": "x" * 101, "name": "x"}),
        ("POST", "subjects/", [[]]),
        ("POST", "subjects/", [None]),
        ("POST", "subjects/", "x"),
        ("POST", "assessments/", [{}]),
        ("POST", "assessments/", [7]),
        ("POST", "assessments/", {"version": 7, "subject": None}),
        ("POST", "assessments/", {"version": "{version}", "subject": "{subject}", "period": "x\0"}),
        ("POST", "assessments/", {"version": "{version}", "subject": "{subject}", "values": []}),
        ("POST", "assessments/", {"version": "{version}", "subject": "{subject}", "values": {"a\0": 1}}),
        ("PUT", "assessments/{assessment}/", {"values": {"a\0": 1}}),
        ("PUT", "assessments/{assessment}/", {"values": None}),
        ("PATCH", "assessments/{assessment}/", {"period": "\0"}),
        ("POST", "assessments/{assessment}/responses/", {"rater": "r\0"}),
        ("POST", "assessments/{assessment}/responses/", {"rater": "r", "answers": {"L1\0": 1}}),
        ("POST", "assessments/{assessment}/responses/", {"rater": "r", "answers": {"L1": {"a": "\0"}}}),
        ("POST", "assessments/{assessment}/responses/", {"rater": "r", "answers": {"L1": [[]]}}),
        ("POST", "assessments/{assessment}/responses/", {"rater": "r", "answers": []}),
        ("POST", "assessments/{assessment}/responses/", {"rater": "r", "submit": "perhaps"}),
        ("POST", "assessments/{assessment}/responses/", []),
    ],
)
def test_bodies(api: Api, assessment: Assessment, method: str, path: str, body: Any) -> None:
    names = {
        "model": assessment.version.model_id,
        "version": assessment.version_id,
        "subject": assessment.subject_id,
        "assessment": assessment.pk,
    }
    if isinstance(body, dict):
        body = {key: value.format(**names) if isinstance(value, str) else value for key, value in body.items()}

    answer = api.send(method, path.format(**names), body)

    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == "application/problem+json"


def test_a_job_cannot_be_made_of_text_that_the_database_cannot_hold(api: Api, survey: dict[str, Any]) -> None:
    units = [{"id": f"u{number}\0"} for number in range(5001)]

    assert api.post("calculations/", {"model": survey, "units": units}).status_code == 422


def test_an_unknown_format_of_an_export_is_pointed_at(api: Api) -> None:
    answer = api.get("subjects/export/?format=xlsx")

    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/format"]


def test_only_json_is_taken(api: Api) -> None:
    answer = api.client.post("/api/v1/subjects/", {"code": "a"}, headers=api.headers)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("key", ["", "x", "Bearer", "\x7f"])
def test_without_a_good_key_everything_is_closed(acme: Any, key: str) -> None:
    stranger = Api(key)

    for path in ("models/", "subjects/", "assessments/"):
        assert stranger.get(path).status_code == 401
    assert stranger.post("calculations/", {}).status_code == 401
