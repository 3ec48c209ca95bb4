"""What comes out for a unit: score, band, coverage, nodes and the reason where there is no score."""

import math

import pytest

from resimate_engine import ENGINE_VERSION, input_digest, score
from resimate_engine.document import parse
from resimate_engine.tests.documents import answered, asked, branch, document, leaf, results, unit

pytestmark = pytest.mark.requirement("CMS-002")
BANDS = [{"from": 0, "code": "low"}, {"from": 50, "code": "high"}]


def test_it_reports_every_node_with_value_coverage_weight_and_flags():
    data = document(leaf("a", weight=1), leaf("b", weight=3), bands=BANDS)

    [result] = results(data, unit(a=20, b=80))

    assert result == {
        "id": "u",
        "score": 65.0,
        "reason": None,
        "band": "high",
        "rank": 1,
        "coverage": 1.0,
        "nodes": {
            "root": {"value": 65.0, "coverage": 1.0, "weight": 1.0, "flags": [], "reason": None},
            "a": {"value": 20.0, "coverage": 1.0, "weight": 1.0, "flags": [], "reason": None},
            "b": {"value": 80.0, "coverage": 1.0, "weight": 3.0, "flags": [], "reason": None},
        },
    }


def test_a_missing_value_is_skipped_and_lowers_coverage():
    [result] = results(document(leaf("a", weight=1), leaf("b", weight=3)), unit(a=20, b=None))

    assert result["score"] == 20.0
    assert result["coverage"] == 0.25
    assert result["nodes"]["b"] == {
        "value": None,
        "coverage": 0.0,
        "weight": 3.0,
        "flags": ["partial"],
        "reason": "missing",
    }


def test_dont_know_is_missing_and_an_absent_value_too():
    for given in ({"a": 20, "b": "dont_know"}, {"a": 20}):
        [result] = results(document(leaf("a"), leaf("b")), unit(**given))

        assert (result["score"], result["coverage"]) == (20.0, 0.5)


def test_not_applicable_leaves_numerator_denominator_and_coverage():
    [result] = results(document(leaf("a"), leaf("b")), unit(a=20, b="not_applicable"))

    assert (result["score"], result["coverage"]) == (20.0, 1.0)
    assert result["nodes"]["b"]["reason"] == "not_applicable"
    assert result["nodes"]["b"]["coverage"] is None


def test_nothing_applicable_is_null_and_does_not_count_above():
    data = document(branch("d", leaf("a"), leaf("b")), leaf("c"))

    [result] = results(data, unit(a="not_applicable", b="not_applicable", c=40))

    assert (result["score"], result["coverage"]) == (40.0, 1.0)
    assert result["nodes"]["d"]["reason"] == "not_applicable"


def test_nothing_present_is_null_with_a_reason():
    [result] = results(document(leaf("a")), unit())

    assert (result["score"], result["reason"], result["rank"], result["band"]) == (None, "nothing_present", None, None)


def test_below_min_coverage_is_null_and_at_it_is_not():
    data = document(leaf("a"), leaf("b"), leaf("c"), leaf("d"), leaf("e"), root={"min_coverage": 0.6})

    [short] = results(data, unit(a=1, b=1))
    [enough] = results(data, unit(a=1, b=1, c=1))

    assert (short["score"], short["reason"], short["coverage"]) == (None, "below_min_coverage", 0.4)
    assert (enough["score"], enough["coverage"]) == (1.0, 0.6)


def test_a_child_with_weight_zero_counts_for_nothing():
    [result] = results(document(leaf("a", weight=0), leaf("b")), unit(a=100, b=10))
    [alone] = results(document(leaf("a", weight=0), leaf("b")), unit(a=100))

    assert result["score"] == 10.0
    assert (alone["score"], alone["reason"]) == (None, "nothing_present")


def test_a_mean_of_equals_is_their_value_to_the_bit():
    [result] = results(
        document(leaf("a"), leaf("b"), leaf("c"), bands=[{"from": 55.1, "code": "on_the_edge"}]),
        unit(a=55.1, b=55.1, c=55.1),
    )

    assert result["score"] == 55.1
    assert result["band"] == "on_the_edge"


def test_a_band_starts_at_its_edge_and_ends_before_the_next():
    data = document(leaf("a"), bands=[{"from": 10, "code": "low"}, {"from": 50, "code": "high"}])

    bands = [
        result["band"]
        for result in results(
            data, unit("w", a=9.99), unit("x", a=10), unit("y", a=math.nextafter(50, 0)), unit("z", a=50)
        )
    ]

    assert bands == [None, "low", "low", "high"]


def test_ties_share_the_better_rank_and_null_has_none():
    data = document(leaf("a"))

    found = results(data, unit("w", a=5), unit("x", a=7), unit("y"), unit("z", a=7))

    assert [result["rank"] for result in found] == [3, 1, None, 1]


def test_only_what_is_asked_for_is_included():
    [bare] = results(document(leaf("a")), unit(a=5), include=())
    [full] = results(document(leaf("a")), unit(a=5), include=("normalised", "treated", "imputed", "denominated"))

    assert set(bare) == {"id", "score", "reason", "band", "rank", "coverage"}
    assert full["normalised"] == full["treated"] == full["imputed"] == full["denominated"] == {"a": 5.0}


def test_an_input_that_the_model_does_not_name_is_a_warning():
    found = score(
        parse(document(leaf("a"), asked("q", "Q1"))), [{**answered({"Q1": 5, "Q9": 1}), "values": {"a": 5, "z": 1}}]
    )

    assert [(warning["code"], warning["detail"]) for warning in found.warnings] == [
        ("unknown_input", "the model has no input or question 'Q9'"),
        ("unknown_input", "the model has no input or question 'z'"),
    ]


def test_the_digest_tells_inputs_apart_and_not_the_order_of_keys():
    model = parse(document(leaf("a"), leaf("b")))

    assert input_digest(model, [unit(a=1, b=2)]) == input_digest(model, [unit(b=2, a=1)])
    assert input_digest(model, [unit(a=1, b=2)]) != input_digest(model, [unit(a=1, b=3)])
    assert input_digest(model, [unit(a=1)]) != input_digest(parse(document(leaf("a"))), [unit(a=1)])
    assert score(model, [unit(a=1)]).as_dict()["input_digest"] == input_digest(model, [unit(a=1)])
    assert score(model, []).engine_version == ENGINE_VERSION


def test_no_units_give_no_results():
    assert score(parse(document(leaf("a"), asked("q", "Q1"))), []).results == []
