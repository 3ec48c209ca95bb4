"""From answers to an indicator: response scales, reverse scoring, weights of questions, raters."""

import pytest

from resimate_engine import DataInvalid
from resimate_engine.tests.documents import answered, asked, document, results

pytestmark = pytest.mark.requirement("CMS-002")


def question(scale, answer, *, reverse=False, low=0, high=100):
    data = document(
        {"code": "q", "indicator": {"questions": [{"code": "Q1", "scale": "s", "reverse": reverse}]}},
        response_scales={"s": scale},
        scale={"low": low, "high": high},
    )
    [result] = results(data, answered({"Q1": answer}))
    return result["score"]


def ordinal(*values):
    return {"kind": "ordinal", "options": [{"value": value} for value in values]}


@pytest.mark.parametrize(("answer", "value"), [(1, 0), (2, 25), (3, 50), (4, 75), (5, 100), (4.0, 75)])
def test_an_ordinal_answer_counts_its_distance_from_the_lowest_option(answer, value):
    assert question(ordinal(5, 1, 2, 3, 4), answer) == value
    assert question(ordinal(5, 1, 2, 3, 4), answer, reverse=True) == 100 - value


def test_answers_fill_the_scale_of_the_document():
    assert question(ordinal(0, 1, 2, 3, 4), 1, low=1, high=5) == 2.0
    assert question({"kind": "boolean"}, True, low=-1, high=1) == 1.0


def test_a_numeric_answer_counts_its_place_between_low_and_high():
    scale = {"kind": "numeric", "low": 10, "high": 20}

    assert [question(scale, answer) for answer in (10, 12.5, 20)] == [0.0, 25.0, 100.0]
    for answer in (9, 20.5, "15", True, float("nan")):
        with pytest.raises(DataInvalid):
            question(scale, answer)


def test_yes_counts_all_and_no_nothing():
    assert (question({"kind": "boolean"}, True), question({"kind": "boolean"}, False)) == (100.0, 0.0)
    assert question({"kind": "boolean"}, True, reverse=True) == 0.0
    for answer in (1, 0, "yes", [True]):
        with pytest.raises(DataInvalid):
            question({"kind": "boolean"}, answer)


def test_a_multiple_choice_counts_the_points_chosen():
    scale = {"kind": "multi", "options": [{"value": "a"}, {"value": "b", "points": 3}, {"value": "c", "points": 0}]}

    assert [question(scale, answer) for answer in ([], ["a"], ["b", "c"], ["c", "a", "b"])] == [0.0, 25.0, 75.0, 100.0]
    for answer in ("a", ["d"], ["a", "a"], [["a"]], [True]):
        with pytest.raises(DataInvalid):
            question(scale, answer)


def test_a_scale_may_forbid_not_applicable_and_dont_know():
    strict = {**ordinal(1, 2), "allow_not_applicable": False, "allow_dont_know": False}

    for answer in ("not_applicable", "dont_know"):
        assert question(ordinal(1, 2), answer) is None
        with pytest.raises(DataInvalid):
            question(strict, answer)


def weighted(*answers):
    data = document(asked("q", "Q1", "Q2", "Q3"))
    data["root"]["children"][0]["indicator"]["questions"][0]["weight"] = 2
    [result] = results(data, answered(*answers))
    return result["nodes"]["q"]


def test_questions_count_by_weight():
    assert weighted({"Q1": 5, "Q2": 1, "Q3": 3})["value"] == 62.5


def test_an_unanswered_question_is_skipped_and_lowers_coverage():
    assert weighted({"Q1": 5, "Q2": "dont_know"}) == {
        "value": 100.0,
        "coverage": 0.5,
        "weight": 1.0,
        "flags": ["partial"],
        "reason": None,
        "raters": 1,
    }


def test_a_question_that_does_not_apply_is_left_out():
    node = weighted({"Q1": "not_applicable", "Q2": 1, "Q3": 3})

    assert (node["value"], node["coverage"]) == (25.0, 1.0)


def test_nothing_applies_or_nothing_is_answered():
    nothing = weighted(dict.fromkeys(("Q1", "Q2", "Q3"), "not_applicable"))

    assert (nothing["value"], nothing["reason"], nothing["coverage"]) == (None, "not_applicable", None)
    assert (weighted({})["value"], weighted({})["reason"], weighted({})["coverage"]) == (None, "missing", 0.0)
    assert (weighted()["reason"], weighted()["coverage"], weighted()["raters"]) == ("missing", 0.0, 0)


def test_an_indicator_may_ask_for_coverage_too():
    data = document(asked("q", "Q1", "Q2", node={"min_coverage": 0.6}))

    [result] = results(data, answered({"Q1": 5}))

    assert result["nodes"]["q"]["reason"] == "below_min_coverage"
    assert result["nodes"]["q"]["coverage"] == 0.5


def test_raters_are_averaged_and_one_without_answers_is_no_rater():
    node = weighted({"Q1": 5, "Q2": 5, "Q3": 5}, {"Q1": 1, "Q2": 1, "Q3": 1}, {}, {"Q1": 5, "Q2": 5, "Q3": 5})

    assert node["value"] == pytest.approx(200 / 3, rel=1e-15)
    assert (node["coverage"], node["raters"]) == (0.75, 3)


def test_a_negative_direction_mirrors_answers_on_the_scale():
    [result] = results(document(asked("q", "Q1", direction="negative")), answered({"Q1": 4}))

    assert result["score"] == 25.0
