"""Why a unit scores what it scores: the trace, contributions, gains, gaps and bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resimate_engine import DataInvalid, explain, score
from resimate_engine.document import parse
from resimate_engine.document.build import build
from resimate_engine.tests.documents import answered, asked, branch, document, leaf, results, unit

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")
BANDS = [{"from": 0, "code": "low"}, {"from": 50, "code": "high"}]


def explained(data, *units, name="u", **options):
    return explain(parse(data), list(units), name, options)


def two_levels(aggregation="arithmetic_mean", inner="arithmetic_mean"):
    return document(
        branch("d", leaf("a"), leaf("b", weight=3), aggregation=inner, weight=2),
        leaf("c", node={"target": 90, "effort": 2}),
        root={"aggregation": aggregation},
        bands=BANDS,
    )


def test_contributions_add_up_to_the_score():
    found = explained(two_levels(), unit(a=10, b=50, c=40))["nodes"]

    assert found["root"]["contribution"] == found["root"]["value"] == 40.0
    assert [found[code]["effective_weight"] for code in "abcd"] == pytest.approx(
        [1 / 6, 1 / 2, 1 / 3, 2 / 3], rel=1e-12
    )
    assert [found[code]["contribution"] for code in "abc"] == pytest.approx([10 / 6, 25, 40 / 3], rel=1e-12)


def test_the_marginal_gain_is_the_effective_weight_under_means():
    found = explained(two_levels(), unit(a=10, b=50, c=40))["nodes"]

    assert [found[code]["marginal_gain"] for code in "abc"] == pytest.approx([1 / 6, 1 / 2, 1 / 3], rel=1e-12)


METHODS = [
    "arithmetic_mean", "geometric_mean", "harmonic_mean", "median", "min", "max", "sum", "product",
    {"method": "power_mean", "exponent": 3}, {"method": "geometric_mean", "zero": "floor", "floor": 1},
    {"method": "sum", "rescale": True}, {"method": "owa", "weights": [3, 2]},
    {"method": "min_penalised", "lambda": 0.5},
    {"method": "gated", "threshold": 5, "cap": 5}, {"method": "formula", "expression": "c * 2 - d / 4"},
]  # fmt: skip


@pytest.mark.parametrize("aggregation", METHODS, ids=str)
def test_a_marginal_gain_is_what_a_small_rise_brings(aggregation):
    data, rise = two_levels(aggregation, "geometric_mean"), 1e-5

    found = explained(data, unit(a=10, b=50, c=40))["nodes"]

    for code in "abc":
        raised = {"a": 10.0, "b": 50.0, "c": 40.0}
        raised[code] += rise
        [before], [after] = results(data, unit(a=10, b=50, c=40)), results(data, unit(**raised))
        slope = (after["score"] - before["score"]) / rise
        assert found[code]["marginal_gain"] == pytest.approx(slope, rel=1e-3, abs=1e-6)


def test_shares_of_a_geometric_mean_are_shares_of_logarithms():
    found = explained(two_levels("geometric_mean"), unit(a=10, b=10, c=10))["nodes"]

    assert [found[code]["contribution"] for code in "cd"] == pytest.approx([10 / 3, 20 / 3], rel=1e-12)


def test_methods_that_cannot_be_taken_apart_say_nothing():
    found = explained(two_levels("min"), unit(a=10, b=50, c=40))["nodes"]

    assert found["c"]["contribution"] is None


def test_a_sum_of_nothing_has_no_parts():
    found = explained(two_levels(), unit(a=0, b=0, c=0))["nodes"]

    assert [found[code]["contribution"] for code in "abc"] == [0.0, 0.0, 0.0]


def test_a_product_of_zero_has_no_gain_by_its_zero():
    found = explained(two_levels("product"), unit(a=10, b=50, c=0))["nodes"]

    assert (found["c"]["marginal_gain"], found["c"]["contribution"]) == (None, None)


def test_gaps_are_to_the_target_and_priorities_for_the_effort():
    found = explained(two_levels(), unit(a=10, b=50, c=40))

    assert [found["nodes"][code]["gap"] for code in "abc"] == [90.0, 50.0, 50.0]
    assert found["nodes"]["c"]["weighted_gap"] == pytest.approx(50 / 3, rel=1e-12)
    assert found["nodes"]["c"]["priority"] == pytest.approx(25 / 3, rel=1e-12)
    assert found["priorities"] == ["b", "a", "c"]


def test_the_distance_to_the_next_band():
    assert explained(two_levels(), unit(a=10, b=50, c=40))["next_band"] == {
        "code": "high",
        "from": 50.0,
        "distance": 10.0,
    }
    assert explained(two_levels(), unit(a=90, b=90, c=90))["next_band"] is None
    assert explained(two_levels(), unit())["next_band"] is None


def test_a_missing_child_has_no_effective_weight_and_no_gap():
    found = explained(two_levels(), unit(b=50, c=40))["nodes"]

    assert (found["a"]["effective_weight"], found["a"]["gap"], found["a"]["reason"]) == (0.0, None, "missing")
    assert found["b"]["effective_weight"] == pytest.approx(2 / 3, rel=1e-12)


def test_nothing_present_explains_that():
    found = explained(two_levels(), unit())

    assert (found["score"], found["reason"], found["priorities"]) == (None, "nothing_present", [])


def test_every_step_of_a_measured_indicator_is_told():
    data = document(
        leaf("a", direction="negative", denominator="n", transform="ln", missing={"method": "constant", "value": 1},
             normalisation={"method": "goalposts", "low": 1, "high": 100})
    )  # fmt: skip

    found = explained(data, unit(a=30, n=3))["indicators"]["a"]

    assert (found["measured"], found["denominated"], found["imputed"], found["treated"]) == (30.0, 10.0, 10.0, 10.0)
    assert found["normalised"] == pytest.approx(50, rel=1e-12)
    assert found["normalisation"] == {"method": "goalposts", "low": 1, "high": 100, "clip": True}
    assert found["normalised_with"]["high"] == 0.0
    assert (found["direction"], found["denominator"], found["missing"]["value"]) == ("negative", "n", 1)


def test_every_answer_of_a_questionnaire_is_told():
    data = document(asked("q", "Q1", "Q2"))

    found = explained(data, answered({"Q1": 5, "Q2": "not_applicable"}, {"Q1": 2}))["indicators"]["q"]

    assert found["rater_aggregation"] == {"method": "mean"}
    assert [(answer["answer"], answer["share"]) for answer in found["questions"][0]["answers"]] == [(5, 1.0), (2, 0.25)]
    assert [(answer["answer"], answer["share"]) for answer in found["questions"][1]["answers"]] == [
        ("not_applicable", None),
        (None, None),
    ]


def test_an_unknown_unit_is_refused():
    with pytest.raises(DataInvalid) as refused:
        explained(two_levels(), unit(), name="nobody")
    assert refused.value.problems[0].code == "unknown_unit"


def test_with_a_reference_set_the_unit_is_the_calls_own():
    data = document(leaf("a", normalisation="min_max"), mode="relative")

    found = explained(data, unit("v", a=1), unit("u", a=5), reference=[unit("u", a=0), unit("w", a=10)])

    assert (found["score"], found["indicators"]["a"]["measured"], found["nodes"]["a"]["low"]) == (50.0, 5.0, 50.0)


def test_a_ranking_has_no_marginal_gains():
    data = document(leaf("a"), root={"aggregation": "borda"}, mode="relative")

    assert explained(data, unit("u", a=5), unit("v", a=1))["nodes"]["a"]["marginal_gain"] is None


GOALPOSTS = {"method": "goalposts", "low": 0, "high": 100}


def bounded(data, *units):
    return [(result["low"], result["score"], result["high"]) for result in results(data, *units, include=("bounds",))]


def test_missing_values_leave_a_score_between_bounds():
    data = document(leaf("a", normalisation=GOALPOSTS), leaf("b", normalisation=GOALPOSTS))

    assert bounded(data, unit("u", a=60, b=20), unit("v", a=60), unit("w"), unit("x", a=60, b="not_applicable")) == [
        (40.0, 40.0, 40.0),
        (30.0, 60.0, 80.0),
        (0.0, None, 100.0),
        (60.0, 60.0, 60.0),
    ]


def test_open_questions_count_by_their_weight():
    assert bounded(document(asked("q", "Q1", "Q2")), answered({"Q1": 5})) == [(50.0, 100.0, 100.0)]


def test_off_the_scale_nothing_can_be_said():
    assert bounded(document(leaf("a")), unit()) == [(None, None, None)]


def test_a_formula_may_turn_the_bounds_round():
    data = document(
        leaf("a", normalisation=GOALPOSTS), root={"aggregation": {"method": "formula", "expression": "100 - a"}}
    )

    assert bounded(data, unit()) == [(0.0, None, 100.0)]


@pytest.mark.parametrize(
    ("expression", "ends"),
    [
        ("a - b", (-80, 80)),
        ("50 * (a - b + 1) / 2 ** 1", (-1975, 2025)),
        ("a * (b - 50)", (-4000, 4000)),
        ("(b - 50) ** 2", (0, 2500)),
        ("abs(b - 50) + max(a, b)", (20, 150)),
        ("100 / (b + 1)", (100 / 101, 100)),
        ("sqrt(b) + min(a, 30) + exp(0 * b)", (21, 41)),
        ("-b", (-100, 0)),
        ("a", (20, 80)),
    ],
)
def test_a_formula_lies_between_its_bounds_whichever_way_its_parts_go(expression, ends):
    spread = branch("a", leaf("x", normalisation=GOALPOSTS), leaf("y", normalisation=GOALPOSTS, weight=1.5))
    root = {"aggregation": {"method": "formula", "expression": expression}}
    data = document(spread, leaf("b", normalisation=GOALPOSTS), root=root)

    [(low, score, high)] = bounded(data, unit(x=50))

    assert score is None or expression == "a"
    assert (low, high) == pytest.approx(ends, rel=1e-14)


@pytest.mark.parametrize("expression", ["1 / b", "0.5 + 48 / (b - 50) + 1"])
def test_what_is_above_a_formula_without_bounds_has_none(expression):
    part = branch(
        "part", leaf("b", normalisation=GOALPOSTS), aggregation={"method": "formula", "expression": expression}
    )
    data = document(part, leaf("a", normalisation=GOALPOSTS))

    assert bounded(data, unit("u", a=50), unit("v", a=50, b=2)) == [(None, 50.0, None), (25.25,) * 3]


@pytest.mark.parametrize("weight", [1, 2])
def test_a_product_of_what_may_be_below_zero_lies_between_its_bounds(weight):
    data = document(
        leaf("a", normalisation=GOALPOSTS), leaf("b", normalisation=GOALPOSTS, weight=weight), leaf("c"),
        root={"aggregation": "product"}, scale={"low": -2, "high": 2},
    )  # fmt: skip
    ends = (-4.0, 4.0) if weight == 1 else (-8.0, 8.0)

    assert bounded(data, unit("u", c="not_applicable"), unit("v", a=0, b=100, c=3)) == [
        (ends[0], None, ends[1]),
        (-3 * 2.0 ** (weight + 1), -3 * 2.0 ** (weight + 1), -3 * 2.0 ** (weight + 1)),
    ]


@pytest.mark.parametrize("method", ["copeland", "borda", "kemeny"])
def test_where_units_are_ranked_a_gap_leaves_all_open(method):
    data = document(
        leaf("a", normalisation=GOALPOSTS), leaf("b", normalisation=GOALPOSTS), root={"aggregation": method},
        mode="relative",
    )  # fmt: skip

    complete = bounded(data, unit("u", a=1, b=1), unit("v", a=2, b=2), unit("w", a=3, b="not_applicable"))
    gappy = bounded(data, unit("u", a=1, b=1), unit("v", a=2))

    assert all(low == score == high for low, score, high in complete)
    assert [(low, high) for low, _, high in gappy] == [(None, None)] * 2


def test_nodes_have_bounds_too():
    data = document(leaf("a", normalisation=GOALPOSTS))

    [result] = results(data, unit(), include=("nodes", "bounds"))

    assert (result["nodes"]["a"]["low"], result["nodes"]["a"]["high"]) == (0.0, 100.0)


@given(st.lists(st.one_of(st.none(), st.floats(min_value=0, max_value=100)), min_size=1, max_size=8))
def test_whatever_is_missing_turns_out_to_be_the_score_stays_within(measured: list) -> None:
    data = document(*(leaf(f"c{row}", normalisation=GOALPOSTS) for row in range(len(measured))))
    values = {f"c{row}": value for row, value in enumerate(measured)}
    model = build(data)  # unchecked, which would take most of the time
    [bounds] = score(model, [{"id": "u", "values": values}], {"include": ["bounds"]}).results

    for end in (0, 37, 100):
        complete = {code: end if value is None else value for code, value in values.items()}
        [result] = score(model, [{"id": "u", "values": complete}]).results
        assert (bounds["low"] or 0) - 1e-9 <= (result["score"] or 0) <= (bounds["high"] or 0) + 1e-9


def test_weights_that_cannot_be_found_leave_no_bounds():
    data = document(leaf("a"), leaf("b"), mode="relative", weights={"root": "entropy"})

    assert bounded(data, unit(a=1, b=2)) == [(None, None, None)]


@pytest.mark.parametrize("aggregation", ["geometric_mean", "harmonic_mean"])
def test_a_zero_without_weight_has_no_part_in_anything(aggregation):
    data = document(leaf("a", weight=0), leaf("b"), root={"aggregation": aggregation})

    found = explained(data, unit(a=0, b=50))["nodes"]

    assert (found["a"]["effective_weight"], found["a"]["marginal_gain"], found["a"]["contribution"]) == (0.0, 0.0, 0.0)
    assert found["b"]["marginal_gain"] == 1.0


def test_bounds_keep_the_weights_that_were_found():
    data = document(
        leaf("a", normalisation=GOALPOSTS), leaf("b", normalisation=GOALPOSTS), mode="relative",
        weights={"root": "standard_deviation"},
    )  # fmt: skip
    units = unit("u", a=10, b=40), unit("v", a=90, b=60), unit("w", a=50)

    found = results(data, *units, include=("nodes", "bounds"))

    weights = [found[2]["nodes"][code]["weight"] for code in "ab"]
    ends = [(50 * weights[0] + end * weights[1]) / sum(weights) for end in (0, 100)]
    assert [found[2]["low"], found[2]["high"]] == pytest.approx(ends, rel=1e-12)
    assert found[0]["low"] == found[0]["high"] == found[0]["score"]


def test_with_a_reference_set_reasons_are_those_of_the_calls_own_units():
    data = document(leaf("a", normalisation={"method": "goalposts", "low": 1, "high": 9}, transform="ln"))
    reference = [unit("r", a=2), unit("s")]

    found = [
        explained(data, unit("u", a=0), unit("v"), unit("w", a=3), name=name, reference=reference) for name in "uvw"
    ]

    assert [one["nodes"]["a"]["reason"] for one in found] == ["outside_domain", "missing", None]


def test_two_refused_children_leave_both_units_without_a_value():
    refused = branch("d", leaf("a"), aggregation="geometric_mean"), branch("e", leaf("b"), aggregation="harmonic_mean")

    found = results(document(*refused), unit("u", a=0, b=1), unit("v", a=1, b=0), unit("w", a=1, b=1))

    assert [(result["score"], result["reason"]) for result in found] == [
        (None, "not_positive"), (None, "not_positive"), (1.0, None),
    ]  # fmt: skip


def test_parts_of_a_product_are_shares_of_logarithms_above_and_below_one():
    for aggregation in ("product", "geometric_mean"):
        found = explained(document(leaf("a"), leaf("b"), root={"aggregation": aggregation}), unit(a=0.5, b=0.25))[
            "nodes"
        ]

        parts = [found[code]["contribution"] / found["root"]["value"] for code in "ab"]
        assert parts == pytest.approx([1 / 3, 2 / 3], rel=1e-12)


def test_what_has_reached_its_target_is_no_priority():
    data = document(leaf("a", node={"target": 50}), leaf("b", node={"target": 50}), leaf("c"))

    assert explained(data, unit(a=50, b=60, c=99))["priorities"] == ["c"]


def test_below_the_floor_a_little_more_brings_nothing():
    floored = {"method": "geometric_mean", "zero": "floor", "floor": 10}
    found = explained(document(leaf("a"), leaf("b"), root={"aggregation": floored}), unit(a=1, b=40))["nodes"]

    assert found["a"]["marginal_gain"] == 0.0
    assert found["b"]["marginal_gain"] == pytest.approx(20 / 40 / 2, rel=1e-4)


def test_a_sum_that_makes_up_for_what_is_missing_gains_more():
    data = document(leaf("a"), leaf("b"), root={"aggregation": {"method": "sum", "rescale": True}})

    assert explained(data, unit(a=10))["nodes"]["a"]["marginal_gain"] == pytest.approx(2, rel=1e-6)


def test_steps_are_told_of_the_unit_asked_for():
    data = document(leaf("a", normalisation="min_max"), mode="relative")
    reference = [unit("r", a=0), unit("s", a=10)]

    found = [
        explained(data, unit("t", a=1), unit("u", a=2), unit("v", a=3), name=n, reference=reference) for n in "tuv"
    ]

    assert [one["indicators"]["a"]["measured"] for one in found] == [1.0, 2.0, 3.0]
