"""Aggregation, one behaviour a test."""

import math

import pytest

from resimate_engine import score
from resimate_engine.document import parse
from resimate_engine.tests.documents import branch, document, leaf, results, unit

pytestmark = pytest.mark.requirement("CMS-002")


def aggregated(aggregation, *measured, weights=None):
    codes = [f"c{position}" for position in range(len(measured))]
    children = [leaf(code, weight=weight) for code, weight in zip(codes, weights or [1] * len(codes), strict=True)]
    data = document(*children, root={"aggregation": aggregation})
    [result] = results(data, unit(**dict(zip(codes, measured, strict=True))))
    return result["score"] if result["reason"] is None else result["reason"]


def test_the_arithmetic_mean_is_weighted():
    assert aggregated("arithmetic_mean", 10, 40, weights=[1, 2]) == 30.0


def test_the_geometric_mean_is_weighted():
    assert aggregated("geometric_mean", 2, 16, weights=[2, 1]) == pytest.approx(4, rel=1e-15)


@pytest.mark.parametrize("value", [0, -3])
def test_the_geometric_mean_of_nothing_positive_is_refused(value):
    assert aggregated("geometric_mean", value, 16) == "not_positive"


def test_the_geometric_mean_may_raise_low_values_to_a_floor():
    floor = {"method": "geometric_mean", "zero": "floor", "floor": 1}

    assert aggregated(floor, 0, 16) == pytest.approx(4, rel=1e-15)
    assert aggregated(floor, 0.5, 16) == pytest.approx(4, rel=1e-15)
    assert aggregated(floor, -9, 1) == 1.0


def test_a_zero_without_weight_is_no_matter():
    assert aggregated("geometric_mean", 0, 16, weights=[0, 1]) == 16.0


def test_a_refused_node_leaves_everything_above_without_a_value():
    data = document(branch("d", leaf("a"), aggregation="geometric_mean"), leaf("b"))

    [result] = results(data, unit(a=0, b=50))

    assert (result["score"], result["reason"]) == (None, "not_positive")


def test_a_refused_node_without_weight_is_no_matter():
    data = document(branch("d", leaf("a"), aggregation="geometric_mean", weight=0), leaf("b"))

    [result] = results(data, unit(a=0, b=50))

    assert result["score"] == 50.0


def test_equal_weights_override_those_written_down():
    data = document(leaf("a", weight=9), leaf("b"), weights={"root": "equal"})

    [result] = results(data, unit(a=10, b=20))

    assert result["score"] == 15.0
    assert result["nodes"]["a"]["weight"] == 1.0


def test_numbers_too_large_for_a_double_are_null_and_not_infinite():
    assert aggregated("arithmetic_mean", 1.7e308, 1.7e308, 1.7e308) == "not_defined"
    assert math.isclose(aggregated("arithmetic_mean", 1e300, 1e300), 1e300)


def test_a_constant_stands_in_for_a_missing_child():
    data = document(leaf("a"), leaf("b", missing={"method": "constant", "value": 0}))

    [result] = results(data, unit(a=80))

    assert (result["score"], result["coverage"]) == (40.0, 1.0)
    assert result["nodes"]["b"]["flags"] == ["imputed"]


def test_a_node_says_what_stands_in_for_its_missing_children():
    data = document(leaf("a"), leaf("b"), root={"missing": {"method": "constant", "value": 20}})

    [result] = results(data, unit(a=80))
    [excused] = results(data, unit(a=80, b="not_applicable"))

    assert (result["score"], excused["score"]) == (50.0, 80.0)


def test_the_harmonic_mean_is_weighted():
    assert aggregated("harmonic_mean", 1, 4, weights=[1, 2]) == pytest.approx(2, rel=1e-15)
    assert aggregated("harmonic_mean", 0, 4) == "not_positive"
    assert aggregated({"method": "harmonic_mean", "zero": "floor", "floor": 1}, 0, 1) == 1.0


@pytest.mark.parametrize(
    ("exponent", "expected"), [(1, 5), (2, math.sqrt(29)), (0, math.sqrt(21)), (-1, 4.2), (100, 6.95), (-100, 3.02)]
)
def test_power_means_run_from_the_smallest_to_the_largest(exponent, expected):
    assert aggregated({"method": "power_mean", "exponent": exponent}, 3, 7) == pytest.approx(expected, rel=1e-3)


def test_power_means_of_zero_and_of_less():
    assert aggregated({"method": "power_mean", "exponent": 2}, 0, 2) == pytest.approx(math.sqrt(2), rel=1e-15)
    assert aggregated({"method": "power_mean", "exponent": 2}, -1, 2) == "not_positive"
    assert aggregated({"method": "power_mean", "exponent": -2}, 0, 2) == "not_positive"
    assert aggregated({"method": "power_mean", "exponent": 0}, 0, 2) == "not_positive"


def test_median_smallest_and_largest():
    assert aggregated("median", 9, 1, 5) == 5.0
    assert aggregated("median", 9, None, 5) == 7.0
    assert aggregated("median", 9, 1, 5, weights=[1, 0, 1]) == 7.0
    assert aggregated("min", 9, 1, 5) == 1.0
    assert aggregated("max", 9, 1, 5) == 9.0
    assert aggregated("max", 9, 1, 5, weights=[0, 1, 1]) == 5.0


def test_a_sum_is_of_what_is_present_unless_rescaled():
    assert aggregated("sum", 1, 2, None) == 3.0
    assert aggregated("sum", 1, 2, weights=[2, 3]) == 8.0
    assert aggregated({"method": "sum", "rescale": True}, 1, 2, None) == 4.5
    assert aggregated({"method": "sum", "rescale": True}, 1, 2, 3) == 6.0


def test_a_product_takes_weights_as_exponents():
    assert aggregated("product", 3, 7) == 21.0
    assert aggregated("product", 3, None) == 3.0
    assert aggregated("product", 3, 7, weights=[2, 1]) == 63.0
    assert aggregated("product", -3, 7, weights=[0.5, 1]) == "not_defined"


def test_an_ordered_weighted_average_gives_weights_to_places():
    owa = {"method": "owa", "weights": [0.5, 0.3, 0.2]}

    assert aggregated(owa, 10, 30, 20) == pytest.approx(23, rel=1e-15)
    assert aggregated(owa, 10, None, 20) == pytest.approx(16.25, rel=1e-15)
    assert aggregated({"method": "owa", "weights": [0, 0, 1]}, 10, None, 20) == "not_defined"


def test_the_smallest_may_weigh_on_the_mean():
    assert aggregated({"method": "min_penalised", "lambda": 0.75}, 20, 60) == 35.0


def test_a_critical_child_below_the_threshold_caps_the_node():
    gated = {"method": "gated", "threshold": 40, "cap": 30}

    def scored(a, b):
        data = document(leaf("a", node={"critical": True}), leaf("b"), root={"aggregation": gated})
        return results(data, unit(a=a, b=b))[0]["score"]

    assert (scored(40, 90), scored(39, 90), scored(10, 20), scored(None, 90)) == (65.0, 30.0, 15.0, 90.0)


def test_a_maturity_level_needs_all_levels_below_it():
    maturity = {"method": "maturity", "threshold": 100}

    assert aggregated(maturity, 100, 100, 50) == 2.0
    assert aggregated(maturity, 100, 50, 100) == 1.0
    assert aggregated(maturity, None, 100, 100) == 0.0


def ranked(method, *rows, weights=(1, 1, 1), **top):
    children = [leaf(code, weight=weight) for code, weight in zip("abc", weights, strict=True)]
    data = document(*children, root={"aggregation": method}, mode="relative", **top)
    units = [unit(str(place), **dict(zip("abc", row, strict=True))) for place, row in enumerate(rows)]
    return [result["score"] for result in results(data, *units)]


def test_copeland_counts_units_beaten_less_units_beating():
    assert ranked("copeland", (3, 3, 1), (2, 2, 2), (1, 1, 3)) == [2, 0, -2]
    assert ranked("copeland", (1, 2, 3), (1, 2, 3), (None, None, None)) == [0, 0, None]
    assert ranked("copeland", (9, 1, 1), (1, 2, 2), weights=(3, 1, 1)) == [1, -1]


def test_borda_counts_units_below_child_by_child():
    assert ranked("borda", (3, 3, 1), (2, 2, 2), (1, 1, 3)) == [4, 3, 2]
    assert ranked("borda", (3, 3, None), (2, 2, 1), (1, 1, 3)) == [6, 2, 1]


def test_kemeny_finds_the_order_that_agrees_most():
    # Condorcet's paradox settled by a heavier child: a beats b, b beats c, c beats a by weight 2, 2 and 1.
    rows = (3, 1, 2), (2, 3, 1), (1, 2, 3)

    assert ranked("kemeny", *rows, weights=(3, 2, 1)) == [-1, -2, -3]
    assert ranked("kemeny", *rows[::-1], weights=(3, 2, 1)) == [-3, -2, -1]


def test_kemeny_gives_equals_the_same_rank_and_nothing_to_nothing():
    assert ranked("kemeny", (1, 1, 1), (2, 2, 2), (1, 1, 1), (None, None, None)) == [-2, -1, -2, None]
    assert ranked("kemeny") == []


def test_units_of_a_reference_set_are_not_ranked_with_others():
    data = document(leaf("a"), root={"aggregation": "copeland"}, mode="relative")

    found = score(parse(data), [unit("u", a=1), unit("v", a=2)], {"reference": [unit("w", a=3)]}).results

    assert [result["score"] for result in found] == [-1.0, 1.0]


@pytest.mark.parametrize("method", ["copeland", "borda", "kemeny"])
def test_one_unit_beside_a_reference_set_has_nobody_to_be_ranked_with(method: str) -> None:
    children = {"code": "part", "aggregation": method, "children": [leaf("a")]}
    data = document(leaf("b"), children, root={"aggregation": "arithmetic_mean"}, mode="relative")
    frozen = {"reference": [unit("w", a=3, b=3), unit("x", a=9, b=9)]}

    [found] = score(parse(data), [unit("u", a=5, b=5)], frozen).results

    assert (found["score"], found["reason"]) == (None, "nothing_to_rank")
    assert found["nodes"]["part"]["reason"] == "nothing_to_rank"
    assert found["nodes"]["b"]["value"] == 5


def test_one_unit_beside_a_reference_set_has_its_gaps_filled_from_the_set():
    data = document(leaf("a", missing="mean"), leaf("b", missing="group_mean"), mode="relative")
    frozen = [{**unit("w", a=3, b=4), "group": "g"}, {**unit("x", a=9, b=8), "group": "h"}]

    def filled(group: str) -> dict[str, float | None]:
        units = [{"id": "u", "group": group}]
        return score(parse(data), units, {"reference": frozen, "include": ["imputed"]}).results[0]["imputed"]

    assert filled("h") == {"a": 6, "b": 8}
    assert filled("not in the set") == {"a": 6, "b": None}
