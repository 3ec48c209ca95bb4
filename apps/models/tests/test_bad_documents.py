"""Every way a model document can be wrong is said with a pointer into what was sent, and never with a 500."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from apps.models.models import ResilienceModel
from apps.models.tests.conftest import Api

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")

Change = Callable[[dict[str, Any]], None]


def _child(document: dict[str, Any], position: int) -> dict[str, Any]:
    child: dict[str, Any] = document["root"]["children"][position]
    return child


def _below_itself(document: dict[str, Any]) -> None:
    """JSON cannot hold a cycle: a node that is below itself is a code that comes twice."""
    document["root"]["children"][1] = {**copy.deepcopy(document["root"]), "weight": 1}


CASES: list[tuple[str, Change, str, str]] = [
    ("cycle", _below_itself, "/root/children/1/code", "duplicate_code"),
    ("twice", lambda d: _child(d, 1).update(code="leadership"), "/root/children/1/code", "duplicate_code"),
    ("negative", lambda d: _child(d, 0).update(weight=-1), "/root/children/0/weight", "out_of_range"),
    ("scale", lambda d: d.update(scale={"low": 1, "high": 1}), "/scale/low", "low_not_below_high"),
    ("method", lambda d: d["root"].update(aggregation="magic"), "/root/aggregation", "unknown_method"),
    ("key", lambda d: d["root"].update(colour="red"), "/root/colour", "unknown_key"),
    ("mode", lambda d: d.update(mode="sideways"), "/mode", "not_offered"),
    ("code", lambda d: d.update(code="1 2"), "/code", "bad_format"),
    ("no name", lambda d: d.pop("name"), "/name", "required"),
    ("weight", lambda d: _child(d, 0).update(weight="heavy"), "/root/children/0/weight", "wrong_type"),
]


@pytest.mark.parametrize("at", ["", "/document"])
@pytest.mark.parametrize(("change", "pointer", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_place_is_named(api: Api, survey: dict[str, Any], change: Change, pointer: str, code: str, at: str) -> None:
    change(survey)

    answer = api.post("models/", {"document": survey} if at else survey)

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert (at + pointer, code) in {(one["pointer"], one["code"]) for one in answer.json()["errors"]}
    assert not ResilienceModel.objects.exists()


def test_children_without_any_weight_are_refused(api: Api, survey: dict[str, Any]) -> None:
    for child in survey["root"]["children"]:
        child["weight"] = 0

    errors = api.post("models/", survey).json()["errors"]

    assert [(one["pointer"], one["code"]) for one in errors] == [("/root/children", "all_weights_zero")]


def test_the_model_of_a_calculation_is_checked_the_same_way(api: Api, survey: dict[str, Any]) -> None:
    survey["root"]["aggregation"] = "magic"

    errors = api.post("calculations/", {"model": survey, "units": []}).json()["errors"]

    assert [(one["pointer"], one["code"]) for one in errors] == [("/model/root/aggregation", "unknown_method")]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_beyond_json_are_unreadable(api: Api, survey: dict[str, Any], number: str) -> None:
    body = json.dumps(survey).replace('"high": 100', f'"high": {number}')

    answer = api.post("models/", body)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_numbers_beyond_a_double_never_get_in(api: Api, survey: dict[str, Any], number: str) -> None:
    answer = api.post("models/", json.dumps(survey).replace('"high": 100', f'"high": {number}'))

    assert answer.status_code in (400, 422)
    assert not ResilienceModel.objects.exists()


def test_a_document_nested_ten_thousand_deep_is_refused(api: Api) -> None:
    depth = 10_000
    body = '{"children": [' * depth + "{}" + "]}" * depth

    answer = api.post("models/", body)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_a_document_nested_deeper_than_nodes_may_be_is_refused_at_that_place(api: Api, survey: dict[str, Any]) -> None:
    node: dict[str, Any] = {"code": "leaf", "indicator": {"input": "x"}}
    for level in range(25):
        node = {"code": f"n{level}", "aggregation": "arithmetic_mean", "children": [node]}
    survey["root"] = node

    answer = api.post("models/", survey)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "too_deep")


def test_a_document_of_ten_megabytes_is_too_large(api: Api, survey: dict[str, Any]) -> None:
    survey["description"] = {"en": "x" * 10_000_000}

    answer = api.post("models/", survey)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_fifty_languages_are_welcome(api: Api, survey: dict[str, Any]) -> None:
    survey["name"] = {f"{a}{b}": "Name" for a in "abcde" for b in "abcdefghij"}

    assert len(survey["name"]) == 50
    assert api.post("models/", survey).status_code == 201


@pytest.mark.parametrize("body", ["", "[]", "null", "1", '"x"', "{", '{"document": null}', '{"document": []}', "{}"])
def test_what_is_no_document_is_refused(api: Api, body: str) -> None:
    answer = api.post("models/", body)

    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == "application/problem+json"


def test_keys_beside_the_document_are_refused(api: Api, survey: dict[str, Any]) -> None:
    errors = api.post("models/", {"document": survey, "name": "x"}).json()["errors"]

    assert [(one["pointer"], one["code"]) for one in errors] == [("/name", "unknown_key")]


def test_text_that_the_database_cannot_hold_is_refused(api: Api, survey: dict[str, Any]) -> None:
    survey["name"] = {"en": "a\0b"}

    answer = api.post("models/", survey)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "bad_text")
