"""What an address does not know is refused, with a pointer: a key of a body, a parameter of a query, a bad value."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.serializers import BaseSerializer, ListSerializer

from apps.core.api import schema
from apps.core.api.serializers import Strict
from apps.models.tests.conftest import Api
from resimate.tests.api.addresses import views

pytestmark = pytest.mark.requirement("CMS-001")

#: Which keys they take depends on the method that they name.
CHECKED_BY_METHOD: dict[str, dict[str, Any]] = {
    "calculations/weights/": {"method": "rank_order_centroid", "ranks": [1, 2]},
    "calculations/agreement/": {"measure": "icc", "ratings": [[1, 2], [2, 3]]},
}


def _below(kind: type) -> Iterator[type]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def test_every_serializer_is_strict() -> None:
    views("GET")  # the URLconf has brought all of them
    lax = [
        one.__qualname__
        for one in _below(BaseSerializer)
        if one.__module__.startswith("apps.") and not issubclass(one, (Strict, ListSerializer))
    ]

    assert lax == []


def _collections(method: str) -> list[str]:
    return [path for path, _ in views(method) if "00000000-" not in path]


def test_an_unknown_key_of_a_new_object_is_pointed_at(api: Api) -> None:
    apart = {*CHECKED_BY_METHOD, "files/"}  # which takes a form
    answers = {path: api.post(path, {"a/b~": 1}) for path in _collections("POST") if path not in apart}

    assert len(answers) > 10
    pointers = {path: [one["pointer"] for one in answer.json()["errors"]] for path, answer in answers.items()}
    assert {path: found for path, found in pointers.items() if "/a~1b~0" not in found} == {}
    assert {answer.status_code for answer in answers.values()} == {422}


@pytest.mark.parametrize("path", CHECKED_BY_METHOD)
def test_an_unknown_key_beside_a_method_is_pointed_at(api: Api, path: str) -> None:
    answer = api.post(path, {**CHECKED_BY_METHOD[path], "colour": "red"})

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/colour"]


def test_an_unknown_key_of_a_row_is_pointed_at(api: Api) -> None:
    rows = [{"code": "a", "name": "A"}, {"code": "b", "name": "B", "colour": "red"}]

    made, imported = api.post("subjects/", rows), api.post("subjects/import/", {"rows": rows})

    assert [one["pointer"] for one in made.json()["errors"]] == ["/1/colour"]
    assert [one["pointer"] for one in imported.json()["errors"]] == ["/rows/1/colour"]
    assert api.get("subjects/").json()["results"] == []


def test_what_is_only_read_cannot_be_set_in_a_new_object(api: Api) -> None:
    answer = api.post("subjects/", {"code": "a", "name": "A", "created_at": "2001-01-01T00:00:00Z"})

    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/created_at", "read_only")]


@pytest.fixture
def objects(api: Api, ada: Any, assessment: Any, harbour: Any) -> dict[str, str]:
    """One object of each kind that can be changed as a whole or in part: how, by its path."""
    role = api.post("roles/", {"code": "viewer", "name": "Viewer", "permissions": ["models:tenant:read"]}).json()
    stakeholder = api.post("stakeholders/", {"name": "Bo", "email": "bo@example.org"}).json()
    return {
        f"subjects/{harbour.pk}/": "put",
        f"roles/{role['id']}/": "put",
        f"stakeholders/{stakeholder['id']}/": "put",
        f"users/{ada.pk}/": "put",
        f"assessments/{assessment.pk}/": "put",
        "settings/api.rate.models/": "put",
        f"models/{assessment.version.model_id}/": "patch",
    }


def test_what_was_read_can_be_sent_back(api: Api, objects: dict[str, str]) -> None:
    read = {path: api.get(path).json() for path in objects}

    answers = {path: getattr(api, objects[path])(path, body) for path, body in read.items()}

    wrong = {path: answer.json() for path, answer in answers.items() if answer.status_code != 200}
    assert wrong == {}
    assert {path: api.get(path).json()["id"] for path in objects if "settings" not in path} == {
        path: body["id"] for path, body in read.items() if "settings" not in path
    }


def test_what_is_only_read_cannot_be_changed(api: Api, objects: dict[str, str]) -> None:
    for path, method in objects.items():
        name = "about" if "settings" in path else "id"
        answer = getattr(api, method)(path, {**api.get(path).json(), name: "other", "more": 1})

        assert answer.status_code == 422, path
        assert {one["pointer"]: one["code"] for one in answer.json()["errors"]} == {
            f"/{name}": "read_only",
            "/more": "unknown_key",
        }, path


def test_verbs_take_no_body(api: Api, ada: Any, harbour: Any, assessment: Any) -> None:
    paths = [f"users/{ada.pk}/activate/", f"assessments/{assessment.pk}/lock/", f"assessments/{assessment.pk}/scores/"]
    for path in paths:
        answer = api.post(path, {"force": True})

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/force"), path
    assert api.send("DELETE", f"subjects/{harbour.pk}/", {"x": 1}).status_code == 422
    assert api.post(f"assessments/{assessment.pk}/lock/", {}).status_code == 200


def test_an_operation_without_a_documented_body_takes_none(api: Api) -> None:
    document = json.loads(schema.document())
    empty = [
        path.removeprefix("/api/v1/")
        for path, item in document["paths"].items()
        if "post" in item and "requestBody" not in item["post"]
    ]

    answers = {path: api.post(_filled(path), {"x": 1}) for path in empty}

    assert len(answers) > 10
    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code != 422} == {}


def _filled(path: str) -> str:
    return "/".join("00000000-0000-7000-8000-000000000000" if "{" in part else part for part in path.split("/"))


def test_an_unknown_parameter_is_pointed_at_everywhere(api: Api) -> None:
    answers = {path: api.get(f"{path}?colour=red&a~b=1") for path, _ in views("GET")}

    assert len(answers) > 30
    found = {path: [one["pointer"] for one in answer.json().get("errors", ())] for path, answer in answers.items()}
    assert {path: one for path, one in found.items() if one != ["/colour", "/a~0b"]} == {}


def test_an_unknown_parameter_of_a_write_is_pointed_at(api: Api) -> None:
    answers = {path: api.post(f"{path}?dry_run=true", {}) for path, _ in views("POST")}

    found = {path: [one["pointer"] for one in answer.json()["errors"]] for path, answer in answers.items()}
    assert {path: one for path, one in found.items() if one != ["/dry_run"]} == {}


def test_of_many_unknown_parameters_the_first_are_pointed_at_and_the_others_counted(api: Api) -> None:
    answer = api.get("models/?" + "&".join(f"p{number}=1" for number in range(73))).json()

    assert [one["pointer"] for one in answer["errors"]] == [f"/p{number}" for number in range(50)]
    assert answer["more_errors"] == 23


def _declared() -> list[tuple[str, Any]]:
    return [(path, one) for path, view in views("GET") if path.count("/") == 1 for one in getattr(view, "filters", ())]


def test_every_filter_is_taken_once_and_documented(api: Api) -> None:
    document = json.loads(schema.document())["paths"]

    for path, one in _declared():
        twice = api.get(f"{path}?{one.name}=a&{one.name}=b")
        documented = {shown["name"] for shown in document[f"/api/v1/{path}"]["get"]["parameters"]}

        assert [(e["pointer"], e["code"]) for e in twice.json()["errors"]] == [(f"/{one.name}", "repeated_parameter")]
        assert one.name in documented, path
    assert len(_declared()) > 20


@pytest.mark.parametrize("value", ["", "x", "2026-13-45T00:00:00Z", "2026-01-01", "0", "%F0%9F%98%80", "1e400"])
def test_a_bad_value_of_a_filter_is_pointed_at(api: Api, value: str) -> None:
    for path, one in _declared():
        kind = type(one.field).__name__
        if kind == "CharField" or (kind, value) == ("BooleanField", "0"):
            continue
        answer = api.get(f"{path}?{one.name}={value}")

        assert answer.status_code == 422, (path, one.name)
        assert [e["pointer"] for e in answer.json()["errors"]] == [f"/{one.name}"]


@pytest.mark.parametrize(
    "query", ["page_size=0", "page_size=201", "page_size=x", "page_size=1&page_size=2", "cursor=x", "format=csv"]
)
def test_paging_takes_what_it_says(api: Api, query: str) -> None:
    answer = api.get(f"subjects/?{query}")

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/" + query.partition("=")[0]]
