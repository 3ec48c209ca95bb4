"""Laws that hold whatever the numbers."""

import json
import math
import random
import statistics
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from resimate_engine import explain, find_weights, score, uncertainty
from resimate_engine.arrays import mean, means, standard_deviation
from resimate_engine.document.build import build
from resimate_engine.problems import DataInvalid
from resimate_engine.tests.documents import answered, asked, branch, document, leaf
from resimate_engine.weighting import ahp

pytestmark = pytest.mark.requirement("CMS-002")
NUMBERS = st.floats(min_value=0, max_value=100, allow_nan=False, allow_subnormal=False)
POSITIVE = st.floats(min_value=0.01, max_value=100)
WEIGHTS = st.floats(min_value=0.01, max_value=1000)
VALUES = st.one_of(st.none(), st.just("not_applicable"), NUMBERS)
GRADES = st.sampled_from([float(grade) for grade in range(1, 10)] + [1.0 / grade for grade in range(2, 10)])
SEEDS = st.randoms(use_true_random=False)
CHILDREN = st.lists(st.tuples(VALUES, WEIGHTS), min_size=1, max_size=12)
#: Weights that somebody wrote: with them means are exact (ADR 26).
WRITTEN = st.integers(min_value=1, max_value=100_000).map(lambda thousandths: thousandths / 1000)
WRITTEN_CHILDREN = st.lists(st.tuples(VALUES, WRITTEN), min_size=1, max_size=12)
FLOORED = {"zero": "floor", "floor": 0.01}
AGGREGATIONS = st.sampled_from(
    [
        *("arithmetic_mean", "geometric_mean", "harmonic_mean", "median", "min", "max", "sum", "product"),
        {"method": "geometric_mean", **FLOORED},
        {"method": "harmonic_mean", **FLOORED},
        {"method": "power_mean", "exponent": 3},
        {"method": "sum", "rescale": True},
        {"method": "owa", "weights": [3, 2, 1]},
        {"method": "min_penalised", "lambda": 0.5},
        {"method": "gated", "threshold": 30, "cap": 40},
        *("copeland", "borda", "kemeny"),
    ]
)
NORMALISATIONS = st.sampled_from(
    [
        *("min_max", "z_score", "distance_to_max", "fraction_of_max", "rank", "borda", "percentile_rank", "none"),
        {"method": "distance_to_reference", "reference": "u0"},
        {"method": "ratio_to_reference", "reference": "mean"},
        {"method": "above_below_mean", "share": 0.1},
    ]
)
TREATMENTS = st.sampled_from(["none", "winsorise", "percentile_winsorise", {"method": "box_cox", "lambda": 0.5}])
MISSING = st.sampled_from(["skip", "mean", "median", "group_mean", "group_median", "sibling_mean", "worst"])
WEIGHTINGS = st.sampled_from(["direct", "equal", "entropy", "critic", "standard_deviation", "pca"])
GOALPOSTS = {"method": "goalposts", "low": 0, "high": 100}


COLUMNS = st.lists(st.floats(min_value=-1e300, max_value=1e300), min_size=2, max_size=300)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50), SEEDS)
def test_the_mean_of_raters_does_not_depend_on_their_order(values: list[float], random: random.Random) -> None:
    assert mean(values) == mean(random.sample(values, len(values)))
    assert mean(values) == pytest.approx(float(statistics.mean(map(Fraction, values))), rel=1e-15, abs=5e-324)


@given(COLUMNS)
def test_means_and_spreads_are_those_of_exact_fractions(values: list[float]) -> None:
    exact = [Fraction(value) for value in values]
    around = statistics.mean(exact)
    largest = max(abs(value) for value in exact)
    apart = float(max(abs(value - around) for value in exact))

    assert float(means(np.array(values))) == pytest.approx(float(around), rel=0, abs=float(largest) * 1e-14)
    spread = float(standard_deviation(np.array(values)))
    if apart > float(largest) * 1e-6:  # closer together than that, rounding the mean tells
        square = sum((value - around) ** 2 for value in exact) / (len(exact) - 1)
        exponent = math.frexp(apart)[1]
        assert spread == pytest.approx(math.ldexp(math.sqrt(square / Fraction(4) ** exponent), exponent), rel=1e-9)


@given(st.lists(st.integers(-(2**40), 2**40), min_size=2, max_size=30), st.sampled_from([-400, 400]))
def test_spreads_times_a_power_of_two_do_not_change_a_bit(values: list[int], power: int) -> None:
    column = np.array(values) / 2**20
    assume(np.ptp(column) > 1e-6 * np.abs(column).max())

    assert standard_deviation(column * 2.0**power) == standard_deviation(column) * 2.0**power


@given(st.lists(st.tuples(*[st.floats(0, 1e9)] * 3), min_size=2, max_size=40), SEEDS)
def test_weights_from_data_do_not_depend_on_the_order_of_units(table: list, random: random.Random) -> None:
    for method in ("entropy", "critic", "standard_deviation", "pca"):
        found = [_weights(method, rows) for rows in (table, random.sample(table, len(table)))]
        assert found[0] == found[1]


def _weights(method: str, rows: list) -> list[float] | None:
    try:
        return find_weights({"method": method, "data": [list(row) for row in rows]})["weights"]
    except DataInvalid:
        return None


@given(st.data(), st.integers(min_value=1, max_value=9), SEEDS)
def test_weights_from_comparisons_do_not_depend_on_the_order_of_what_is_compared(
    data: st.DataObject, size: int, random: random.Random
) -> None:
    matrix = data.draw(st.lists(st.lists(GRADES, min_size=size, max_size=size), min_size=size, max_size=size))
    order = random.sample(range(size), size)

    found, turned = ahp([matrix]), ahp([[[matrix[i][j] for j in order] for i in order]])

    assert turned == [found[at] for at in order]


def results(data: dict, *units: dict) -> list[Any]:
    """Return the results by a document that needs no checking: that would take most of the time."""
    return [*score(build(data), list(units)).results]


def of(children, aggregation="arithmetic_mean", **indicator):
    """Return a document and a unit of children given as (value, weight)."""
    leaves = [leaf(f"c{row}", weight=weight, **indicator) for row, (_, weight) in enumerate(children)]
    values = {f"c{row}": value for row, (value, _) in enumerate(children)}
    return document(*leaves, root={"aggregation": aggregation}), {"id": "u", "values": values}


def scored(children, aggregation="arithmetic_mean"):
    data, unit = of(children, aggregation)
    return results(data, unit)[0]["score"]


@st.composite
def comparisons(draw: st.DrawFn, values: st.SearchStrategy = VALUES) -> tuple[dict, list]:
    """Return a relative model of three children in two levels, by any methods, and up to eight units."""
    steps: dict[str, Any] = {
        "normalisation": draw(NORMALISATIONS),
        "treatment": draw(TREATMENTS),
        "missing": draw(MISSING),
    }
    inner = branch("d", *(leaf(code, **steps) for code in "abc"), aggregation=draw(AGGREGATIONS), missing=draw(MISSING))
    data = document(inner, leaf("e", weight=2, **steps), mode="relative", weights={"d": draw(WEIGHTINGS)})
    units = [
        {
            "id": f"u{row}",
            "group": draw(st.sampled_from(["g", "h", None])),
            "values": {code: draw(values) for code in "abce"},
        }
        for row in range(draw(st.integers(min_value=1, max_value=8)))
    ]
    return data, units


@given(comparisons(), SEEDS)
def test_the_order_of_children_does_not_change_a_bit(comparison: tuple[dict, list], random: random.Random) -> None:
    data, units = comparison
    root, inner = data["root"], data["root"]["children"][0]
    shuffled = {**inner, "children": random.sample(inner["children"], 3)}
    turned = {**data, "root": {**root, "children": [root["children"][1], shuffled]}}

    assert results(data, *units) == results(turned, *units)


@given(comparisons(), SEEDS)
def test_the_order_of_units_does_not_change_a_bit(comparison: tuple[dict, list], random: random.Random) -> None:
    data, units = comparison

    ordered = {result["id"]: result for result in results(data, *units)}
    shuffled = {result["id"]: result for result in results(data, *random.sample(units, len(units)))}

    assert ordered == shuffled


RANKING = ("copeland", "borda", "kemeny")


@given(comparisons())
def test_beside_a_reference_set_units_leave_each_other_alone(comparison: tuple[dict, list]) -> None:
    data, units = comparison
    assume(data["root"]["children"][0]["aggregation"] not in RANKING)
    model, options = build(data), {"reference": units}

    for unit, result in zip(units, score(model, units, options).results, strict=True):
        (alone,) = score(model, [unit], options).results
        assert {**alone, "rank": None} == {**result, "rank": None}


@given(st.lists(st.tuples(*[st.sampled_from([1, 3, 5, None])] * 6), min_size=2, max_size=4), SEEDS)
def test_the_order_of_units_raters_and_children_changes_no_draw(units: list, random: random.Random) -> None:
    dimensions = branch("d", asked("p", "P1"), asked("q", "Q1")), branch("e", asked("r", "R1"))
    raters = [
        [{"rater": f"r{at}", "answers": dict(zip(("P1", "Q1", "R1"), unit[at : at + 3], strict=True))} for at in (0, 3)]
        for unit in units
    ]
    given_units = [{"id": f"u{at}", "responses": responses} for at, responses in enumerate(raters)]
    turned = [{**unit, "responses": unit["responses"][::-1]} for unit in random.sample(given_units, len(given_units))]

    drawn = [
        {result["id"]: result for result in uncertainty(build(document(*order)), of, {"draws": 3})["results"]}
        for order, of in ((dimensions, given_units), (dimensions[::-1], turned))
    ]

    assert drawn[0] == drawn[1]


ANY_NUMBER = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))


@given(comparisons(ANY_NUMBER))
def test_no_result_is_ever_infinite_or_nan(comparison: tuple[dict, list]) -> None:
    data, units = comparison

    for result in results(data, *units):
        for node in result["nodes"].values():
            assert (node["value"] is None) == (node["reason"] is not None)
            assert node["value"] is None or math.isfinite(node["value"])
    json.dumps(explain(build(data), units, "u0"), allow_nan=False)
    json.dumps(uncertainty(build(data), units, {"draws": 2}), allow_nan=False)


@given(CHILDREN, SEEDS)
def test_the_order_of_many_children_does_not_change_a_bit(children: list, random: random.Random) -> None:
    data, unit = of(children)
    shuffled = {**data, "root": {**data["root"], "children": random.sample(data["root"]["children"], len(children))}}

    assert results(data, unit) == results(shuffled, unit)


@given(WRITTEN_CHILDREN, st.integers(min_value=-3, max_value=8))
def test_written_weights_times_a_power_of_two_do_not_change_a_bit(children: list, power: int) -> None:
    scaled = [(value, weight * 2.0**power) for value, weight in children]

    assert scored(children) == scored(scaled)


@given(CHILDREN, POSITIVE)
def test_only_ratios_of_weights_matter(children: list, factor: float) -> None:
    scaled = [(value, weight * factor) for value, weight in children]

    before, after = scored(children), scored(scaled)
    assert before == after if before is None else after == pytest.approx(before, rel=1e-12)


@given(st.lists(st.tuples(POSITIVE, WEIGHTS), min_size=1, max_size=10))
def test_means_come_in_their_order(children: list) -> None:
    names = ("min", "harmonic_mean", "geometric_mean", "arithmetic_mean", "max")

    means = [scored(children, name) for name in names]

    for lower, upper in pairwise(means):
        assert lower <= upper * (1 + 1e-12)


@given(WRITTEN_CHILDREN, WRITTEN)
def test_a_child_that_does_not_apply_changes_nothing(children: list, weight: float) -> None:
    assert scored(children) == scored([*children, ("not_applicable", weight)])


@given(CHILDREN, WEIGHTS)
def test_a_child_that_does_not_apply_changes_a_last_digit_at_most(children: list, weight: float) -> None:
    before, after = scored(children), scored([*children, ("not_applicable", weight)])

    assert before == after if before is None else after == pytest.approx(before, rel=1e-14)


MEANS = ("arithmetic_mean", "geometric_mean", "harmonic_mean", "min", "max", "median", "sum")


@given(st.lists(st.tuples(POSITIVE, WEIGHTS), min_size=1, max_size=10), POSITIVE, st.data())
def test_no_mean_falls_when_a_child_rises(children: list, gain: float, data: st.DataObject) -> None:
    row = data.draw(st.integers(min_value=0, max_value=len(children) - 1))
    values = {f"c{place}": value for place, (value, _) in enumerate(children)}
    better = {**values, f"c{row}": children[row][0] + gain}
    of_each = [
        branch(
            method,
            *(
                leaf(f"{method}_c{place}", weight=weight, input=f"c{place}")
                for place, (_, weight) in enumerate(children)
            ),
            aggregation=method,
        )
        for method in MEANS
    ]

    before, after = results(document(*of_each), {"id": "before", "values": values}, {"id": "after", "values": better})

    for method in MEANS:
        assert after["nodes"][method]["value"] >= before["nodes"][method]["value"] * (1 - 1e-12)


@given(NUMBERS)
def test_turning_the_direction_mirrors_goalposts(number: float) -> None:
    forward = results(*of([(number, 1)], normalisation=GOALPOSTS))[0]["score"]
    backward = results(*of([(number, 1)], normalisation=GOALPOSTS, direction="negative"))[0]["score"]

    assert forward + backward == pytest.approx(100, rel=1e-14)


ANSWERS = st.sampled_from([1, 2, 3, 4, 5, None, "dont_know", "not_applicable"])


@given(st.lists(st.tuples(ANSWERS, ANSWERS, ANSWERS), min_size=1, max_size=8), SEEDS)
def test_the_order_of_raters_does_not_change_a_bit(raters: list, random: random.Random) -> None:
    data = document(branch("d", asked("p", "P1", "P2"), asked("q", "Q1")))
    given_answers = [dict(zip(("P1", "P2", "Q1"), answers, strict=True)) for answers in raters]

    assert results(data, answered(*given_answers)) == results(
        data, answered(*random.sample(given_answers, len(raters)))
    )


@given(st.lists(ANSWERS, min_size=1, max_size=10))
def test_a_question_that_does_not_apply_changes_nothing(answers: list) -> None:
    codes = [f"Q{row}" for row in range(len(answers))]
    given_answers = dict(zip(codes, answers, strict=True))

    without = results(document(asked("q", *codes)), answered(given_answers))
    added = results(document(asked("q", *codes, "Z")), answered({**given_answers, "Z": "not_applicable"}))

    assert without == added


@given(CHILDREN)
def test_equal_input_gives_equal_output(children: list) -> None:
    data, unit = of(children)

    assert score(build(data), [unit]) == score(build(data), [unit])


@given(st.lists(NUMBERS, min_size=1, max_size=6), st.lists(NUMBERS, min_size=1, max_size=6))
def test_a_unit_scored_alone_scores_the_same_in_company(own: list, others: list) -> None:
    assume(len(own) == len(others))
    data, unit = of([(value, 1) for value in own])
    company = {"id": "v", "values": dict(zip(unit["values"], others, strict=True))}

    alone, together = results(data, unit)[0], results(data, unit, company)[0]

    assert alone["nodes"] == together["nodes"]
