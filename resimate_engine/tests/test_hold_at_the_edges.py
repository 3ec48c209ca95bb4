"""Where numbers end: one unit, units that are alike, weights of nothing, the largest and the smallest doubles.

Everywhere a value is a finite number, or null with a reason.
"""

import math
import warnings

import numpy as np
import pytest

from resimate_engine import explain, find_weights, score, seek, what_if
from resimate_engine.arrays import means
from resimate_engine.document import DocumentInvalid, parse
from resimate_engine.tests.documents import branch, document, leaf, results, unit
from resimate_engine.weighting import WeightsUndefined, ahp, entropy, min_max, shares, standard_deviation

pytestmark = pytest.mark.requirement("CMS-002")
LARGEST, SMALLEST = 1.7976931348623157e308, 5e-324


def compared(normalisation, *measured):
    """Return what a relative normalisation makes of some units, a reason in the place of null, and the warnings."""
    model = parse(document(leaf("x", normalisation=normalisation), mode="relative"))
    found = score(model, [unit(f"u{at}", x=value) for at, value in enumerate(measured)])
    values = [result["nodes"]["x"]["reason"] or result["nodes"]["x"]["value"] for result in found.results]
    return values, [warning["code"] for warning in found.warnings]


UNDEFINED = ("not_defined", ["not_normalised"])


@pytest.mark.parametrize(
    ("normalisation", "alone", "alike"),
    [
        ("min_max", *[UNDEFINED] * 2),
        ("z_score", *[UNDEFINED] * 2),
        ("distance_to_max", *[UNDEFINED] * 2),
        ({"method": "distance_to_reference", "reference": "u0"}, *[UNDEFINED] * 2),
        ({"method": "distance_to_target", "target": 7}, *[UNDEFINED] * 2),
        ({"method": "distance_to_target", "target": 9}, (0.0, []), (0.0, [])),
        ("fraction_of_max", (100.0, []), (100.0, [])),
        ({"method": "ratio_to_reference", "reference": "mean"}, (1.0, []), (1.0, [])),
        ("rank", (1.0, []), (1.0, [])),
        ("borda", (0.0, []), (0.0, [])),
        ("percentile_rank", UNDEFINED, (0.0, [])),
        ({"method": "percentile_rank", "variant": "min"}, (100.0, []), (50.0, [])),
        ({"method": "percentile_rank", "variant": "max"}, (100.0, []), (100.0, [])),
        ({"method": "above_below_mean", "share": 0.1}, (0.0, []), (0.0, [])),
    ],
    ids=str,
)
def test_a_unit_alone_and_two_that_are_alike(normalisation, alone, alike):
    assert compared(normalisation, 7) == ([alone[0]], alone[1])
    assert compared(normalisation, 7, 7) == ([alike[0]] * 2, alike[1])


@pytest.mark.parametrize("method", ["entropy", "critic", "standard_deviation"])
def test_weights_from_a_unit_alone_or_from_units_that_are_alike_are_not_defined(method):
    data = document(leaf("a"), leaf("b"), mode="relative", weights={"root": method})
    same = unit("u", a=1, b=2), unit("v", a=1, b=2)

    for units in (same[:1], same):
        assert {result["reason"] for result in results(data, *units)} == {"weights_not_defined"}


@pytest.mark.parametrize("method", ["entropy", "critic", "standard_deviation", "pca"])
@pytest.mark.parametrize("data", [[[4, 3, 4], [4, 3, 8], [4, 3, 1], [3, 3, 5]], [[1, 3], [2, 3], [4, 3]]], ids=len)
def test_what_does_not_vary_weighs_nothing(method, data):
    """Nothing at all: next to nothing would let a zero without weight undo a geometric mean."""
    found = find_weights({"method": method, "data": data})

    assert [weight > 0 for weight in found["weights"]] == [len(set(column)) > 1 for column in zip(*data, strict=True)]


def test_weights_beyond_the_doubles_are_not_defined():
    with pytest.raises(WeightsUndefined):
        shares([LARGEST, LARGEST])
    with pytest.raises(WeightsUndefined):
        entropy(np.array([[LARGEST, LARGEST, 1.0]]))


def test_whole_numbers_in_comparisons_do_not_overflow():
    rows = [9 * 10**8, *[68 * 10**7] * 14]

    assert ahp([[[grade] * 15 for grade in rows]]) == pytest.approx([grade / sum(rows) for grade in rows])


def test_weights_of_nothing_are_refused():
    with pytest.raises(DocumentInvalid) as refused:
        parse(document(leaf("a", weight=0), leaf("b", weight=0)))
    assert [problem.code for problem in refused.value.problems] == ["all_weights_zero"]


def test_taking_away_the_last_weight_leaves_no_value():
    model = parse(document(leaf("a", weight=2), leaf("b", weight=0)))

    nodes = what_if(model, [unit(a=10, b=20)], "u", [{"weight": "a", "set": 0}])["nodes"]

    assert nodes["root"] == {"before": 10.0, "after": None, "delta": None}


def aggregated(aggregation, *measured, weights=None):
    codes = [f"c{at}" for at in range(len(measured))]
    given = weights or [1] * len(codes)
    children = [leaf(code, weight=weight) for code, weight in zip(codes, given, strict=True)]
    data = document(*children, root={"aggregation": aggregation})
    [result] = results(data, unit(**dict(zip(codes, measured, strict=True))))
    return result["reason"] or result["score"]


@pytest.mark.parametrize("aggregation", ["arithmetic_mean", "geometric_mean", "harmonic_mean", "median", "min", "max"])
@pytest.mark.parametrize("value", [SMALLEST, 2.5e-308, 1e-300, 1e300])
def test_the_mean_of_equals_is_what_they_are_however_small_or_large(aggregation, value):
    assert aggregated(aggregation, value, value) in (value, "not_defined")


@pytest.mark.parametrize("weights", [(SMALLEST, SMALLEST), (1e-308, 1e-308), (1e100, 1e100)])
def test_only_ratios_of_weights_matter_however_small_or_large(weights):
    assert aggregated("arithmetic_mean", 0.4, 100, weights=weights) == pytest.approx(50.2, rel=1e-15)
    assert aggregated("arithmetic_mean", 0.4, None, weights=weights) == 0.4


@pytest.mark.parametrize("exponent", [100, 2, 0.5, -1, -100])
def test_a_power_mean_is_no_poorer_for_powers_beyond_the_doubles(exponent):
    mean = {"method": "power_mean", "exponent": exponent}

    for unit_ in (1.0, 1e-300, 1e300):
        expected = unit_ * ((2.0**exponent + 4.0**exponent) / 2) ** (1 / exponent)
        assert aggregated(mean, 2 * unit_, 4 * unit_) == pytest.approx(expected, rel=1e-13)
    assert aggregated(mean, LARGEST, LARGEST) == LARGEST
    assert aggregated(mean, SMALLEST, SMALLEST) == SMALLEST


@pytest.mark.parametrize("exponent", [1e-4, -1e-4, 1e-9, -1e-9, 1e-300])
def test_a_power_mean_next_to_exponent_zero_is_next_to_the_geometric_mean(exponent):
    mean = {"method": "power_mean", "exponent": exponent}

    # To the first order the logarithm of the mean rises by half the variance of logarithms, (ln 2)^2 here, times p.
    assert aggregated(mean, 2, 8) == pytest.approx(4 * math.exp(exponent * math.log(2) ** 2 / 2), rel=1e-12)
    assert aggregated(mean, 0, 0) == (0.0 if exponent > 0 else "not_positive")
    assert aggregated(mean, 0, 8) == (0.0 if exponent > 0 else "not_positive")
    assert aggregated(mean, -1, 8) == "not_positive"


@pytest.mark.parametrize("normalisation", ["min_max", "distance_to_max"])
def test_a_range_beyond_the_doubles_is_null_with_a_reason(normalisation):
    assert compared(normalisation, -LARGEST, 1, LARGEST) == (["not_defined"] * 3, ["not_normalised"])


def test_sums_beyond_the_doubles_pass_in_silence():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert means(np.array([LARGEST, -LARGEST] * 8)) == 0.0


def test_weights_of_columns_that_range_beyond_the_doubles_are_not_defined():
    columns = np.array([[-LARGEST, 1.0, LARGEST], [1.0, 3.0, 2.0]])

    with pytest.raises(WeightsUndefined):
        standard_deviation(min_max(columns, [1, 1]))


@pytest.mark.parametrize("aggregation", ["sum", "product", "arithmetic_mean"])
def test_what_leaves_the_doubles_is_null_with_a_reason(aggregation):
    assert aggregated(aggregation, LARGEST, LARGEST, LARGEST) == "not_defined"


def test_zero_has_no_sign():
    data = document(leaf("a", direction="negative"), leaf("b"), root={"aggregation": "min"}, mode="relative")

    [below, zero] = results(data, unit("u", a=-0.0, b=-0.0), unit("v", a=0, b=0.0), include=("nodes", "normalised"))

    for found in (below["score"], zero["score"], below["nodes"]["a"]["value"], below["normalised"]["b"]):
        assert math.copysign(1, found) == 1.0
    assert (below["rank"], zero["rank"]) == (1, 1)


def test_a_division_by_the_smallest_or_by_negative_zero_is_null_with_a_reason():
    quotient = {"method": "formula", "expression": "c0 / c1"}

    assert aggregated(quotient, 1, SMALLEST) == "not_defined"
    assert aggregated(quotient, 1, -0.0) == "not_defined"
    assert aggregated(quotient, SMALLEST, 2) == 0.0


@pytest.mark.parametrize("exponent", [101, -101, 1e99])
def test_an_exponent_beyond_measure_is_refused(exponent):
    with pytest.raises(DocumentInvalid):
        parse(document(leaf("a"), root={"aggregation": {"method": "power_mean", "exponent": exponent}}))


def test_a_rise_that_is_lost_in_a_large_value_brings_no_known_gain():
    data = document(leaf("a"), leaf("b"), root={"aggregation": "median"})

    nodes = explain(parse(data), [unit(a=1e300, b=5)], "u")["nodes"]

    assert (nodes["a"]["marginal_gain"], nodes["b"]["marginal_gain"]) == (None, 0.0)


def test_a_formula_gains_by_what_it_names_whatever_its_weight():
    product = {"method": "formula", "expression": "a * b"}
    data = document(leaf("a", weight=0), leaf("b"), root={"aggregation": product})

    nodes = explain(parse(data), [unit(a=3, b=5)], "u")["nodes"]

    assert [nodes[code]["marginal_gain"] for code in "ab"] == pytest.approx([5, 3], rel=1e-6)
    assert [nodes[code]["effective_weight"] for code in "ab"] == [0.0, 1.0]


def test_a_plan_does_not_count_on_what_is_missing():
    plan = seek(parse(document(leaf("a"), leaf("b"))), [unit(a=40)], "u", 60)

    assert [(step["code"], step["to"]) for step in plan["steps"]] == [("a", 60.0)]


def nested(depth):
    node = leaf("x")
    for level in range(depth):
        node = branch(f"d{level}", node)
    return document(node)


def test_nodes_nested_deeper_than_allowed_are_refused():
    assert results(nested(5), unit(x=30))[0]["score"] == 30.0
    for depth in (500, 20_000):
        with pytest.raises(DocumentInvalid) as refused:
            parse(nested(depth))
        assert [problem.code for problem in refused.value.problems] == ["too_deep"]
