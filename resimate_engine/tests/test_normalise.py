"""Normalisation, one behaviour a test."""

import math

import pytest

from resimate_engine import DataInvalid, score
from resimate_engine.document import parse
from resimate_engine.tests.documents import document, leaf, results, unit, values

pytestmark = pytest.mark.requirement("CMS-002")
GOALPOSTS = {"method": "goalposts", "low": 10, "high": 20}


def normalised(indicator, *measured, low=0, high=100, mode="absolute"):
    data = document(leaf("x", **indicator), scale={"low": low, "high": high}, mode=mode)
    return values(data, "x", *(unit(f"u{row}", x=value) for row, value in enumerate(measured)))


def test_goalposts_fill_the_scale_and_clip():
    assert normalised({"normalisation": GOALPOSTS}, 5, 10, 12.5, 20, 99) == [0, 0, 25, 100, 100]
    assert normalised({"normalisation": GOALPOSTS}, 15, low=-1, high=1) == [0]


def test_goalposts_may_leave_the_scale_open():
    assert normalised({"normalisation": {**GOALPOSTS, "clip": False}}, 5, 25) == [-50, 150]


def test_goalposts_go_through_the_transform_with_the_value():
    income = {"transform": "ln", "normalisation": {"method": "goalposts", "low": 1, "high": math.e**2}}

    assert normalised(income, math.e) == [pytest.approx(50, rel=1e-15)]


def test_a_value_outside_the_transform_is_null_with_a_reason():
    assert normalised({"transform": "ln"}, 0, -1, 1) == [None, None, 0]


def test_a_negative_direction_mirrors_goalposts():
    assert normalised({"direction": "negative", "normalisation": GOALPOSTS}, 5, 10, 12.5, 20) == [100, 100, 75, 0]


def test_min_max_spreads_the_units_over_the_scale():
    assert normalised({"normalisation": "min_max"}, 3, 7, None, 5, mode="relative") == [0, 100, None, 50]


def test_min_max_from_the_other_end():
    negative = {"direction": "negative", "normalisation": "min_max"}

    assert normalised(negative, 3, 7, 4, mode="relative") == [100, 0, 75]


def test_none_keeps_the_unit_and_the_sign_of_the_direction():
    assert normalised({}, 123.25) == [123.25]
    assert normalised({"direction": "negative"}, 123.25) == [-123.25]


def relative(normalisation, *measured, **indicator):
    return normalised({"normalisation": normalisation, **indicator}, *measured, mode="relative")


def test_transforms():
    assert normalised({"transform": "log10"}, 1000, 0) == [3, None]
    assert normalised({"transform": "sqrt"}, 16, -1) == [4, None]
    assert normalised({"transform": "none"}, 16) == [16]


def test_z_scores_use_the_sample_standard_deviation():
    assert relative("z_score", 2, 4, 6) == [-1, 0, 1]
    assert relative({"method": "z_score", "mean": 50, "sd": 10}, 2, 4, 6) == [40, 50, 60]
    assert relative("z_score", 2, 4, 6, direction="negative") == [1, 0, -1]
    assert relative("z_score", 5) == [None]


def test_robust_z_scores_leave_outliers_outside():
    assert relative("robust_z_score", 1, 2, 3, 4, 1000) == [0.6745 * deviations for deviations in (-2, -1, 0, 1, 997)]
    assert relative("robust_z_score", 2, 4, 6, direction="negative") == [0.6745, 0, -0.6745]
    assert relative("robust_z_score", 3, 3, 3, 9) == [None] * 4


def test_distance_to_a_target_is_capped_unless_told_otherwise():
    assert relative({"method": "distance_to_target", "target": 6}, 2, 4, 10) == [0, 50, 100]
    assert relative({"method": "distance_to_target", "target": 6, "cap": False}, 2, 4, 10) == [0, 50, 200]
    assert relative({"method": "distance_to_target", "target": 2}, 2, 4) == [None, None]
    assert relative({"method": "distance_to_target", "target": 1}, 2, 4) == [None, None]


def test_a_target_is_turned_with_the_values():
    assert relative({"method": "distance_to_target", "target": 2}, 10, 6, 2, 1, direction="negative") == [
        0,
        50,
        100,
        100,
    ]


def test_distance_to_the_best():
    assert relative("distance_to_max", 2, 4, 10) == [0, 25, 100]


def test_distance_to_a_reference_unit():
    assert relative({"method": "distance_to_reference", "reference": "u1"}, 2, 6, 10) == [0, 100, 200]
    assert relative({"method": "distance_to_reference", "reference": "nobody"}, 2, 6) == [None, None]
    assert relative({"method": "distance_to_reference", "reference": "u1"}, 10, 6, 2, direction="negative") == [
        0,
        100,
        200,
    ]


def test_ratios_to_the_mean_the_best_the_worst_and_a_unit():
    def ratio(reference):
        return relative({"method": "ratio_to_reference", "reference": reference}, 1, 2, 3)

    assert ratio("mean") == [0.5, 1, 1.5]
    assert ratio("best") == [1 / 3, 2 / 3, 1]
    assert ratio("worst") == [1, 2, 3]
    assert ratio("u1") == [0.5, 1, 1.5]
    assert ratio("nobody") == [None, None, None]


def test_fraction_of_the_largest():
    assert relative("fraction_of_max", 1, None, 4) == [25, None, 100]


def test_ranks_count_up_and_ties_take_the_minimum():
    assert relative("rank", 7, 5, 5, None, 9) == [3, 1, 1, None, 4]
    assert relative("borda", 7, 5, 5, None, 9) == [2, 0, 0, None, 3]
    assert relative("rank", 7, 5, 5, 9, direction="negative") == [2, 3, 3, 1]


def test_three_percentile_ranks_are_in_use():
    def percentile(variant):
        return relative({"method": "percentile_rank", "variant": variant}, 7, 5, 5, None, 9)

    assert percentile("zero_based") == [pytest.approx(200 / 3), 0, 0, None, 100]
    assert percentile("min") == [75, 25, 25, None, 100]
    assert percentile("max") == [75, 50, 50, None, 100]
    assert relative("percentile_rank", 7) == [None]


def test_classes_start_at_their_break():
    classes = {"method": "categorical", "breaks": [10, 20], "values": [0, 40, 100]}

    assert normalised({"normalisation": classes}, 9.9, 10, 19.9, 20, None) == [0, 40, 40, 100, None]
    assert normalised({"normalisation": classes, "direction": "negative"}, 10) == [40]
    assert normalised({"normalisation": classes, "transform": "sqrt"}, 9.9, 10, 20) == [0, 40, 100]


def test_above_and_below_the_mean_by_a_share():
    assert relative({"method": "above_below_mean", "share": 0.2}, 79, 80, 100, 120, 121, None) == [-1, 0, 0, 0, 1, None]
    assert relative({"method": "above_below_mean", "share": 0.2}, 50, 100, 150, direction="negative") == [1, 0, -1]


def test_a_value_function_runs_on_straight_lines():
    function = {"method": "value_function", "points": [[0, 0], [10, 50], [30, 100]]}

    assert normalised({"normalisation": function}, -5, 0, 5, 10, 20, 30, 99, None) == [0, 0, 25, 50, 75, 100, 100, None]


def test_a_value_function_goes_through_the_transform_too():
    function = {"method": "value_function", "points": [[1, 0], [100, 100]]}

    assert normalised({"normalisation": function, "transform": "log10"}, 10) == [50]


@pytest.mark.parametrize(
    "method", ["min_max", "distance_to_max", "z_score", {"method": "distance_to_reference", "reference": "u0"}]
)
def test_units_that_are_all_equal_have_no_value_and_are_warned_of(method):
    data = document(leaf("x", normalisation=method), mode="relative")

    found = score(parse(data), [unit("u0", x=5), unit("u1", x=5)])

    assert [result["score"] for result in found.results] == [None, None]
    assert [warning["code"] for warning in found.warnings] == ["not_normalised"]


def test_no_values_at_all_are_no_reason_to_fail():
    for method in ("min_max", "z_score", "rank", "fraction_of_max", "percentile_rank", "distance_to_max"):
        assert relative(method, None, None) == [None, None]


def test_the_values_of_a_denominator_divide():
    data = document(leaf("x", denominator="people"))

    found = results(
        data, unit("a", x=10, people=4), unit("b", x=10, people=0), unit("c", x=10), include=("nodes", "denominated")
    )

    assert [result["denominated"]["x"] for result in found] == [2.5, None, None]
    assert [result["nodes"]["x"]["reason"] for result in found] == [None, "no_denominator", "no_denominator"]


def test_a_frozen_reference_set_decides_and_has_no_results():
    data = document(leaf("x", normalisation="min_max"), mode="relative")
    frozen = [unit("u", x=0), unit("w", x=10)]

    found = score(parse(data), [unit("u", x=5), unit("v", x=20)], {"reference": frozen}).results

    assert [(result["id"], result["score"], result["rank"]) for result in found] == [("u", 50.0, 2), ("v", 200.0, 1)]


@pytest.mark.parametrize(
    "normalisation", ["rank", "borda", "percentile_rank", {"method": "above_below_mean", "share": 0.1}], ids=str
)
def test_compared_with_nobody_there_is_no_value(normalisation):
    model = parse(document(leaf("x", normalisation=normalisation), mode="relative"))

    [found] = score(model, [unit(x=5)], {"reference": [unit("r"), unit("s")]}).results

    assert (found["nodes"]["x"]["value"], found["nodes"]["x"]["reason"]) == (None, "not_defined")


def test_a_bad_reference_set_is_refused_with_a_pointer():
    data = document(leaf("x"))

    for reference, where in (([{"id": 7}], "/options/reference/0/id"), ("text", "/options/reference")):
        with pytest.raises(DataInvalid) as refused:
            score(parse(data), [], {"reference": reference})
        assert refused.value.problems[0].pointer == where
