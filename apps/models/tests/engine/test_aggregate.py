"""Aggregation, one behaviour a test."""

import math

import pytest

from apps.models.tests.engine.documents import branch, document, leaf, results, unit

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
    assert aggregated("arithmetic_mean", 1.7e308, 1.7e308) == "not_defined"
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
