"""Units come in any order, some beside a reference set: what is said of one is said of that one."""

import pytest

from resimate_engine import explain, score, sensitivity, uncertainty, what_if
from resimate_engine.document import parse
from resimate_engine.scoring import INCLUDABLE
from resimate_engine.tests.documents import answered, asked, document, leaf

pytestmark = pytest.mark.requirement("CMS-002")
MODEL = parse(
    document(leaf("x", normalisation="z_score"), leaf("y", weight=2), asked("q", "q1", "q2"), mode="relative")
)
REFERENCE = [{"id": name, "values": {"x": x, "y": x * 3}} for name, x in (("z", 4), ("m", 1), ("a", 9))]
UNITS = [
    {**answered({"q1": 1, "q2": 2}, {"q1": 5}), "id": "k", "values": {"x": 7, "y": "not_applicable"}},
    {**answered({"q1": 4, "q2": 3}), "id": "b", "values": {"x": 2}},
    {"id": "t", "values": {"x": 3, "y": 50}},
]
TURNED = [UNITS[1], UNITS[2], UNITS[0]]
OPTIONS = {"reference": REFERENCE, "include": list(INCLUDABLE)}


def test_results_come_in_the_order_of_the_units():
    assert [result["id"] for result in score(MODEL, UNITS).results] == ["k", "b", "t"]
    assert [result["id"] for result in score(MODEL, UNITS, OPTIONS).results] == ["k", "b", "t"]


@pytest.mark.parametrize("options", [{"include": list(INCLUDABLE)}, OPTIONS])
def test_every_part_of_a_result_is_that_units_own(options):
    found = {result["id"]: result for result in score(MODEL, UNITS, options).results}

    assert {result["id"]: result for result in score(MODEL, TURNED, options).results} == found
    assert [found[name]["denominated"]["x"] for name in "kbt"] == [7, 2, 3]
    assert [found[name]["nodes"]["q"]["raters"] for name in "kbt"] == [2, 1, 0]
    assert [found[name]["nodes"]["y"]["reason"] for name in "kbt"] == ["not_applicable", "missing", None]
    assert [found[name]["nodes"]["y"]["low"] for name in "kbt"] == [None, None, 50]
    assert [found[name]["nodes"]["q"]["high"] for name in "kbt"] == [0.75 * 56.25 + 25, 62.5, 100]


def test_beside_a_reference_set_a_unit_scores_as_it_does_alone():
    for result in score(MODEL, UNITS, OPTIONS).results:
        alone = score(MODEL, [one for one in UNITS if one["id"] == result["id"]], OPTIONS).results[0]
        assert {**result, "rank": 1} == alone


@pytest.mark.parametrize("options", [{}, {"reference": REFERENCE}])
def test_an_explanation_is_of_the_unit_asked_for(options):
    for one in UNITS:
        told, turned = (explain(MODEL, units, one["id"], options) for units in (UNITS, TURNED))
        assert {**told, "input_digest": ""} == {**turned, "input_digest": ""}
        assert told["indicators"]["x"]["measured"] == one["values"]["x"]
        answers = [[answer["answer"] for answer in asked["answers"]] for asked in told["indicators"]["q"]["questions"]]
        assert answers == [
            [response["answers"].get(code) for response in one.get("responses", ())] for code in ("q1", "q2")
        ]


def test_studies_are_of_the_unit_asked_for():
    for name in "kbt":
        changed = [what_if(MODEL, units, name, [{"input": "x", "add": 1}]) for units in (UNITS, TURNED)]
        assert changed[0] == changed[1]
        base = [sensitivity(MODEL, units, {"unit": name, "points": 2})["base"] for units in (UNITS, TURNED)]
        assert base[0] == base[1] == explain(MODEL, UNITS, name)["score"]
    sure = {"draws": 3, "spread": 0.0, "raters": False, "missing": False}
    for one in uncertainty(MODEL, UNITS, sure)["results"]:
        assert one["score"]["mean"] == one["score"]["value"] == explain(MODEL, UNITS, one["id"])["score"]


def test_what_is_wrong_is_told_where_it_came():
    spoilt = [UNITS[0], {"id": "b", "values": {"x": "much"}}]

    with pytest.raises(Exception, match=r"/units/1/values/x"):
        score(MODEL, spoilt)
