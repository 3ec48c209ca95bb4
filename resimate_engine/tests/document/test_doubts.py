"""A step that names a value in the question's own unit is valid, and whoever reads the document is told."""

import copy
import json
from typing import Any

import pytest

import resimate_engine as engine
from resimate_engine import document
from resimate_engine.tests.document.test_parse_document import STARTERS
from resimate_engine.tests.documents import LIKERT

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")

HOURS = {"kind": "numeric", "low": 0, "high": 10000}
STARS = {"kind": "numeric", "low": 0, "high": 5}
GOALPOSTS = {"method": "goalposts", "low": 0, "high": 10000}
HIGH = "/root/children/0/indicator/normalisation/high"


def model(
    normalisation: Any = "none", scale: Any = HOURS, *, high: float = 100, relative: bool = False, **indicator: Any
) -> engine.Model:
    """One question of this response scale, on a document's scale from 0."""
    asked = {"questions": [{"code": "Q", "scale": "asked"}], "normalisation": normalisation, **indicator}
    return document.parse(
        {
            "schema": "resimate.model/1",
            "code": "doubtful",
            "name": {"en": "Doubtful"},
            "mode": "relative" if relative else "absolute",
            "scale": {"low": 0, "high": high},
            "response_scales": {"asked": copy.deepcopy(scale)},
            "root": {"code": "all", "aggregation": "arithmetic_mean", "children": [{"code": "a", "indicator": asked}]},
        }
    )


def places(found: engine.Model) -> list[tuple[str, str]]:
    return [(one.code, one.pointer) for one in document.doubts(found)]


def scores(found: engine.Model, *answers: Any) -> list[float | None]:
    units = [{"id": str(at), "responses": [{"answers": {"Q": one}}]} for at, one in enumerate(answers)]
    return [one["score"] for one in engine.score(found, units).results]


def test_goalposts_beyond_the_scale_that_answers_are_on_are_named_in_one_sentence() -> None:
    found = model(GOALPOSTS)

    [doubt] = document.doubts(found)

    assert scores(found, 0, 5000, 10000) == [0, 0.5, 1]  # of 100
    assert (doubt.code, doubt.pointer) == ("out_of_reach", HIGH)
    assert doubt.detail == (
        "a: no answer can reach 10000, because answers are first put on the model's scale "
        "from 0 to 100. Give it on that scale, not in the question's own unit"
    )


def test_goalposts_that_nearly_every_answer_is_beyond_are_named_with_the_scale_they_may_be_meant_on() -> None:
    found = model({**GOALPOSTS, "high": 5}, STARS)

    [doubt] = document.doubts(found)

    assert scores(found, 0, 1, 5) == [0, 100, 100]
    assert (doubt.code, doubt.pointer) == ("own_unit", HIGH)
    assert doubt.detail == (
        "a: 5 is read on the model's scale from 0 to 100, because answers are put on that "
        "first. It may be meant on a scale from 0 to 5"
    )


@pytest.mark.parametrize(
    ("normalisation", "scale", "high", "place"),
    [
        ({**GOALPOSTS, "low": 1, "high": 5}, LIKERT, 100, "low"),
        ({**GOALPOSTS, "high": 1}, {"kind": "boolean"}, 100, "high"),
        ({**GOALPOSTS, "high": 1}, HOURS, 100, "high"),  # as a share
        ({**GOALPOSTS, "high": 100}, HOURS, 1, "high"),
        ({"method": "categorical", "breaks": [2, 4], "values": [0, 50, 100]}, LIKERT, 100, "breaks/0"),
        ({"method": "value_function", "points": [[0, 0], [4000, 100]]}, HOURS, 100, "points/1/0"),
    ],
)
def test_every_value_in_the_own_unit_and_every_kind_of_question_is_looked_at(
    normalisation: Any, scale: Any, high: float, place: str
) -> None:
    [(_, pointer)] = places(model(normalisation, scale, high=high))

    assert pointer == f"/root/children/0/indicator/normalisation/{place}"


def test_a_target_and_a_constant_in_the_own_unit_are_named_too() -> None:
    target = model({"method": "distance_to_target", "target": 4}, LIKERT, relative=True)
    constant = model(scale=HOURS, missing={"method": "constant", "value": 5000})

    assert places(target) == [("own_unit", "/root/children/0/indicator/normalisation/target")]
    assert places(constant) == [("out_of_reach", "/root/children/0/indicator/missing/value")]


@pytest.mark.parametrize(
    ("normalisation", "scale"),
    [
        ("none", HOURS),
        ({**GOALPOSTS, "high": 100}, HOURS),
        ({**GOALPOSTS, "low": 20, "high": 80}, HOURS),
        ({**GOALPOSTS, "low": 20, "high": 80}, LIKERT),
        ({**GOALPOSTS, "high": 50}, {"kind": "numeric", "low": 0, "high": 100}),
        ({"method": "categorical", "breaks": [25, 50, 75], "values": [0, 1, 2, 3]}, LIKERT),
    ],
)
def test_values_on_the_scale_raise_no_doubt(normalisation: Any, scale: Any) -> None:
    assert places(model(normalisation, scale)) == []


def test_a_constant_that_says_the_same_on_either_scale_raises_no_doubt() -> None:
    assert places(model(scale=STARS, missing={"method": "constant", "value": 0})) == []


def test_nobody_is_told_of_a_unit_that_another_step_has_changed() -> None:
    assert places(model(GOALPOSTS, denominator="people")) == []
    assert places(model(GOALPOSTS, relative=True, treatment={"method": "box_cox", "lambda": 0.5})) == []


@pytest.mark.parametrize("path", STARTERS, ids=lambda path: path.stem)
def test_no_model_that_comes_with_the_product_is_doubtful(path: Any) -> None:
    assert document.doubts(document.parse(json.loads(path.read_text()))) == []
