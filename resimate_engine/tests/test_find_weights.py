"""Weights by method, against published tables, by the endpoint's request and inside a model."""

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from resimate_engine import DataInvalid, find_weights, score
from resimate_engine.calculators import WEIGHTS
from resimate_engine.catalogue import METHODS
from resimate_engine.document import parse
from resimate_engine.tests.documents import document, leaf, results, unit

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")

# Saaty (1980): relative consumption of drinks, and buying a house.
DRINKS = [
    [1, 9, 5, 2, 1, 1, 1 / 2],
    [1 / 9, 1, 1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9],
    [1 / 5, 3, 1, 1 / 3, 1 / 4, 1 / 3, 1 / 9],
    [1 / 2, 9, 3, 1, 1 / 2, 1, 1 / 3],
    [1, 9, 4, 2, 1, 2, 1 / 2],
    [1, 9, 3, 1, 1 / 2, 1, 1 / 3],
    [2, 9, 9, 3, 2, 3, 1],
]
HOUSE = [
    [1, 5, 3, 7, 6, 6, 1 / 3, 1 / 4],
    [1 / 5, 1, 1 / 3, 5, 3, 3, 1 / 5, 1 / 7],
    [1 / 3, 3, 1, 6, 3, 4, 6, 1 / 5],
    [1 / 7, 1 / 5, 1 / 6, 1, 1 / 3, 1 / 4, 1 / 7, 1 / 8],
    [1 / 6, 1 / 3, 1 / 3, 3, 1, 1 / 2, 1 / 5, 1 / 6],
    [1 / 6, 1 / 3, 1 / 4, 4, 2, 1, 1 / 5, 1 / 6],
    [3, 5, 1 / 6, 7, 5, 5, 1, 1 / 2],
    [4, 7, 5, 8, 6, 6, 2, 1],
]
# Saaty (1980): the wealth of seven nations, and choosing a school.
NATIONS = [
    [1, 4, 9, 6, 6, 5, 5],
    [1 / 4, 1, 7, 5, 5, 3, 4],
    [1 / 9, 1 / 7, 1, 1 / 5, 1 / 5, 1 / 7, 1 / 5],
    [1 / 6, 1 / 5, 5, 1, 1, 1 / 3, 1 / 3],
    [1 / 6, 1 / 5, 5, 1, 1, 1 / 3, 1 / 3],
    [1 / 5, 1 / 3, 7, 3, 3, 1, 2],
    [1 / 5, 1 / 4, 5, 3, 3, 1 / 2, 1],
]
SCHOOL = [
    [1, 4, 3, 1, 3, 4],
    [1 / 4, 1, 7, 3, 1 / 5, 1],
    [1 / 3, 1 / 7, 1, 1 / 5, 1 / 5, 1 / 6],
    [1, 1 / 3, 5, 1, 1, 1 / 3],
    [1 / 3, 5, 5, 1, 1, 3],
    [1 / 4, 1, 6, 3, 1 / 3, 1],
]


# The choice of a leader, a standing example: criteria, then three candidates by each.
LEADER = {
    "experience": [[1, 1 / 4, 4], [4, 1, 9], [1 / 4, 1 / 9, 1]],
    "education": [[1, 3, 1 / 5], [1 / 3, 1, 1 / 7], [5, 7, 1]],
    "charisma": [[1, 5, 9], [1 / 5, 1, 4], [1 / 9, 1 / 4, 1]],
    "age": [[1, 1 / 3, 5], [3, 1, 9], [1 / 5, 1 / 9, 1]],
}
CRITERIA = [[1, 4, 3, 7], [1 / 4, 1, 1 / 3, 3], [1 / 3, 3, 1, 5], [1 / 7, 1 / 3, 1 / 5, 1]]


def codes(answer):
    return [warning["code"] for warning in answer["warnings"]]


def test_saatys_house_is_weighed_and_flagged_as_inconsistent():
    answer = find_weights({"method": "ahp", "matrices": [HOUSE]})

    assert answer["weights"] == pytest.approx([0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333], abs=0.0006)
    assert answer["consistency"]["lambda_max"] == pytest.approx(9.669, abs=0.0006)
    assert answer["consistency"]["index"] == pytest.approx(0.238, abs=0.0006)
    assert answer["consistency"]["ratio"] == pytest.approx(0.169, abs=0.0006)
    assert codes(answer) == ["inconsistent"]


def test_saatys_drinks_are_consistent_enough():
    answer = find_weights({"method": "ahp", "matrices": [DRINKS]})

    assert answer["weights"] == pytest.approx([0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327], abs=0.0006)
    assert answer["consistency"]["ratio"] == pytest.approx(0.022, abs=0.0006)
    assert codes(answer) == []


def test_saatys_nations_are_as_wealthy_as_published():
    answer = find_weights({"method": "ahp", "matrices": [NATIONS]})

    assert answer["weights"] == pytest.approx([0.427, 0.230, 0.021, 0.052, 0.052, 0.123, 0.094], abs=0.0006)
    assert answer["consistency"]["lambda_max"] == pytest.approx(7.61, abs=0.006)
    assert answer["consistency"]["ratio"] == pytest.approx(0.08, abs=0.006)
    assert codes(answer) == []


def test_saatys_schools_are_weighed_and_flagged_as_inconsistent():
    answer = find_weights({"method": "ahp", "matrices": [SCHOOL]})

    assert answer["weights"] == pytest.approx([0.32, 0.14, 0.03, 0.13, 0.24, 0.14], abs=0.006)
    # The eigenvalue is 7.42; Saaty prints 7.49, and so a ratio of 0.24.
    assert answer["consistency"]["lambda_max"] == pytest.approx(7.420, abs=0.0006)
    assert codes(answer) == ["inconsistent"]


def test_a_leader_is_chosen_through_a_model():
    """Comparisons of criteria, charisma and age as the R package ahp gives them, priorities as published with them."""
    children = [leaf(code) for code in LEADER]
    data = document(*children, weights={"root": {"method": "ahp", "matrices": [CRITERIA]}})
    candidates = zip(
        *(find_weights({"method": "ahp", "matrices": [by]})["weights"] for by in LEADER.values()), strict=True
    )
    units = [unit(str(at), **dict(zip(LEADER, shares, strict=True))) for at, shares in enumerate(candidates)]

    found = results(data, *units)

    weights = [found[0]["nodes"][code]["weight"] for code in LEADER]
    assert weights == pytest.approx([0.547, 0.127, 0.270, 0.056], abs=0.0011)
    assert [result["score"] for result in found] == pytest.approx([0.358, 0.493, 0.149], abs=0.00051)


def test_two_things_compared_are_always_consistent():
    answer = find_weights({"method": "ahp", "matrices": [[[1, 3], [0.3333333333, 1]]]})

    assert answer["weights"] == pytest.approx([0.75, 0.25], abs=1e-9)
    assert answer["consistency"]["ratio"] == 0.0
    assert find_weights({"method": "ahp", "matrices": [[[1]]]})["weights"] == [1.0]


@pytest.mark.parametrize("bold", [9, 1e3, 1e8])
def test_comparisons_that_go_in_a_circle_are_weighed_to_the_end(bold):
    """However boldly comparisons contradict each other, their vector is the one that the matrix only stretches."""
    matrix = [[1, bold, 3 / bold], [1 / bold, 1, bold / 2], [bold / 3, 2 / bold, 1]]

    answer = find_weights({"method": "ahp", "matrices": [matrix]})

    stretched = np.array(matrix) @ answer["weights"] / answer["weights"]
    assert stretched == pytest.approx([answer["consistency"]["lambda_max"]] * 3, rel=1e-12)
    assert codes(answer) == ["inconsistent"]


def test_experts_are_combined_by_the_geometric_mean():
    one, other = [[1, 8], [1 / 8, 1]], [[1, 1 / 2], [2, 1]]

    assert find_weights({"method": "ahp", "matrices": [one, other]})["weights"] == pytest.approx(
        [2 / 3, 1 / 3], rel=1e-12
    )


def test_comparisons_that_contradict_each_other_are_warned_of():
    assert codes(find_weights({"method": "ahp", "matrices": [[[1, 3], [3, 1]]]})) == ["not_reciprocal"]


def test_without_a_random_index_there_is_no_ratio():
    equal = [[1] * 16 for _ in range(16)]

    assert find_weights({"method": "ahp", "matrices": [equal]})["consistency"]["ratio"] is None


def test_published_weights_from_data(reference: Path) -> None:
    cases = json.loads((reference / "mcdm_weights" / "cases.json").read_text())

    for case, method, tolerance in (
        ("entropy", "entropy", 1e-6),
        ("std", "standard_deviation", 0.0051),
        ("critic", "critic", 6e-4),
    ):
        found = find_weights({"method": method, "data": cases[case]["matrix"]})["weights"]
        assert found == pytest.approx(cases[case]["weights"], abs=tolerance)


def test_a_weighted_product_and_sum_by_published_scores(reference: Path) -> None:
    case = json.loads((reference / "mcdm_weights" / "cases.json").read_text())["waspas_half_wsm_half_wpm"]
    columns = list(zip(*case["matrix"], strict=True))
    shares = [
        [value / max(column) if kind > 0 else min(column) / value for value in column]
        for column, kind in zip(columns, case["types"], strict=True)
    ]
    children = [leaf(f"c{place}", weight=weight) for place, weight in enumerate(case["w"])]
    units = [unit(str(row), **{f"c{place}": share[row] for place, share in enumerate(shares)}) for row in range(8)]

    sums = score(parse(document(*children, root={"aggregation": "sum"})), units).results
    products = score(parse(document(*children, root={"aggregation": "product"})), units).results

    for row, expected in enumerate(case["scores"]):
        assert ((sums[row]["score"] or 0) + (products[row]["score"] or 0)) / 2 == pytest.approx(expected, abs=2e-4)


def test_budgets_are_shared_out_expert_by_expert():
    answer = find_weights({"method": "budget_allocation", "allocations": [[60, 40], [2, 8]]})

    assert answer["weights"] == pytest.approx([0.4, 0.6], rel=1e-15)


def test_ranks_become_weights():
    assert find_weights({"method": "rank_order_centroid", "ranks": [1, 2]})["weights"] == [0.75, 0.25]
    assert find_weights({"method": "rank_order_centroid", "ranks": [2, 1, 3]})["weights"] == pytest.approx(
        [5 / 18, 11 / 18, 2 / 18], rel=1e-15
    )
    assert find_weights({"method": "rank_sum", "ranks": [3, 1, 2]})["weights"] == pytest.approx([1 / 6, 3 / 6, 2 / 6])
    assert find_weights({"method": "rank_sum", "ranks": [1, 1]})["weights"] == [0.5, 0.5]


def test_entropy_weighs_by_its_formula():
    shares = [[1 / 6, 0.0], [2 / 6, 1 / 4], [3 / 6, 3 / 4]]
    spread = [1 + sum(row[at] * math.log(row[at]) for row in shares if row[at]) / math.log(3) for at in (0, 1)]

    found = find_weights({"method": "entropy", "data": [[10, 0], [20, 2], [30, 6]]})["weights"]

    assert found == pytest.approx([part / sum(spread) for part in spread], rel=1e-12)


def test_entropy_tells_columns_apart_that_hardly_vary():
    data = [[1e6 + value, 1e6 + 2 * value, 0] for value in (0.0, 1.0, 3.0)]
    data[0][2] = 1e-300

    found = find_weights({"method": "entropy", "data": data})["weights"]

    shares = [[Fraction(value) / sum(map(Fraction, column)) for value in column] for column in zip(*data, strict=True)]
    # With p = (1 + d) / n and a small d, 1 - e is the mean of d^2 / 2 - d^3 / 6 by ln n.
    apart = [[float(3 * share - 1) for share in column] for column in shares[:2]]
    order = [sum(d * d / 2 - d**3 / 6 for d in column) / 3 / math.log(3) for column in apart]
    assert found[:2] == pytest.approx([part / (sum(order) + 1) for part in order], rel=1e-9, abs=0)
    assert found[2] == pytest.approx(1, rel=1e-9, abs=0)


def test_critic_weighs_by_spread_and_conflict():
    columns = [0.0, 0.5, 1.0, 0.25], [1.0, 0.0, 0.75, 0.5], [0.0, 1.0, 0.5, 0.5]

    found = find_weights({"method": "critic", "data": [list(row) for row in zip(*columns, strict=True)]})["weights"]

    r = np.corrcoef(columns)
    amounts = np.std(columns, axis=1, ddof=1) * (1 - r).sum(axis=1)
    assert found == pytest.approx((amounts / amounts.sum()).tolist(), rel=1e-12)


def test_the_first_component_weighs_what_varies_together():
    data = [[1, 1, 4], [2, 2, 1], [3, 3, 3], [4, 4, 2]]

    weights = find_weights({"method": "pca", "data": data})["weights"]

    assert weights[0] == pytest.approx(weights[1], rel=1e-9)
    assert weights[2] < weights[0]
    assert sum(weights) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("data", [[[1, 2, 4]], [[1, 2], [1, 2]], [[0, 0], [0, 1], [1, 0], [1, 1]]], ids=str)
def test_without_a_first_component_there_are_no_weights(data):
    with pytest.raises(DataInvalid) as refused:
        find_weights({"method": "pca", "data": data})
    assert [problem.code for problem in refused.value.problems] == ["weights_not_defined"]
    assert find_weights({"method": "pca", "data": [[5], [6]]})["weights"] == [1.0]


def test_directions_turn_columns():
    data = [[1, 1], [2, 2], [3, 4]]

    agreeing = find_weights({"method": "critic", "data": data, "directions": [1, 1]})["weights"]
    opposed = find_weights({"method": "critic", "data": data, "directions": [1, -1]})["weights"]

    assert agreeing == pytest.approx(opposed, rel=1e-9)
    three = [[1, 1, 5], [2, 3, 4], [3, 2, 9]]
    up, down = (find_weights({"method": "critic", "data": three, "directions": [1, 1, last]}) for last in (1, -1))
    assert up["weights"] != pytest.approx(down["weights"], rel=1e-3)


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ([], ("", "not_an_object")),
        ({"method": "guess"}, ("/method", "unknown_method")),
        ({"method": "ahp"}, ("/matrices", "not_a_list")),
        ({"method": "ahp", "matrices": [[[1, 2]]]}, ("/matrices", "weights_not_defined")),
        ({"method": "ahp", "matrices": [[[1, 0], [1, 1]]]}, ("/matrices", "weights_not_defined")),
        ({"method": "ahp", "matrices": [[[1, "3"], [1, 1]]]}, ("/matrices/0/0/1", "not_a_number")),
        ({"method": "ahp", "matrices": [[[1, 2], [1]]]}, ("/matrices/0/1", "wrong_length")),
        ({"method": "entropy", "data": [[1, -1], [1, 1]]}, ("/data", "weights_not_defined")),
        ({"method": "entropy", "data": [[1, 1], [1, 1]]}, ("/data", "weights_not_defined")),
        ({"method": "entropy", "data": [[1, 2]]}, ("/data", "weights_not_defined")),
        ({"method": "entropy", "data": [[1, 2], [1]]}, ("/data/1", "wrong_length")),
        ({"method": "entropy", "data": [[1, 2], [1, 3]], "directions": 1}, ("/directions", "bad_directions")),
        ({"method": "ahp", "matrices": [[[1, -2], [1, 1]]]}, ("/matrices/0/0/1", "out_of_range")),
        ({"method": "budget_allocation", "allocations": [[1, -1]]}, ("/allocations/0/1", "out_of_range")),
        ({"method": "rank_order_centroid", "ranks": [1, "2"]}, ("/ranks/1", "not_a_number")),
        ({"method": "critic", "data": [[1, 2]]}, ("/data", "weights_not_defined")),
        ({"method": "critic", "data": [[1, 2], [2, 1]], "directions": [1]}, ("/directions", "bad_directions")),
        ({"method": "critic", "data": [[1, 2], [2, 1]], "directions": [1, 0]}, ("/directions", "bad_directions")),
        ({"method": "rank_sum", "ranks": [0, 1]}, ("/ranks/0", "out_of_range")),
        ({"method": "rank_sum", "ranks": [1, 2], "data": []}, ("/data", "unknown_key")),
        ({"method": "budget_allocation", "allocations": [[0, 0]]}, ("/allocations", "weights_not_defined")),
    ],
)
def test_a_bad_request_is_refused_with_a_pointer(request_, found):
    with pytest.raises(DataInvalid) as refused:
        find_weights(request_)
    assert [(problem.pointer, problem.code) for problem in refused.value.problems] == [found]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("equal", [1, 1]),
        ("direct", [3, 1]),
        ({"method": "budget_allocation", "allocations": [[80, 20]]}, [0.8, 0.2]),
        ({"method": "rank_order_centroid", "ranks": [2, 1]}, [0.25, 0.75]),
        ({"method": "rank_sum", "ranks": [2, 1]}, [1 / 3, 2 / 3]),
        ({"method": "ahp", "matrices": [[[1, 4], [0.25, 1]]]}, [0.8, 0.2]),
    ],
)
def test_a_model_names_the_method_of_a_nodes_weights(step, expected):
    data = document(leaf("b", weight=3), leaf("a"), weights={"root": step})

    [result] = results(data, unit(a=0, b=100))

    assert [result["nodes"][code]["weight"] for code in "ba"] == pytest.approx(expected, rel=1e-12)
    assert result["score"] == pytest.approx(100 * expected[0] / sum(expected), rel=1e-12)


@pytest.mark.parametrize("method", ["entropy", "critic", "standard_deviation", "pca"])
def test_a_model_weighs_by_its_units(method):
    data = document(leaf("a"), leaf("b"), leaf("c"), mode="relative", weights={"root": method})
    units = [unit(str(row), a=row + 1, b=(row * 7) % 5 + 1, c=2 + row % 2) for row in range(6)]
    columns = [[one["values"][code] for code in "abc"] for one in units]

    nodes = results(data, *units)[0]["nodes"]

    if method != "standard_deviation":
        expected = find_weights({"method": method, "data": columns})["weights"]
        assert [nodes[code]["weight"] for code in "abc"] == pytest.approx(expected, rel=1e-9)
    assert sum(nodes[code]["weight"] for code in "abc") == pytest.approx(1, rel=1e-12)


def test_weights_that_cannot_be_found_leave_the_node_without_a_value():
    data = document(leaf("a"), leaf("b"), mode="relative", weights={"root": "entropy"})

    [result] = results(data, unit(a=1, b=2))

    assert (result["score"], result["reason"]) == (None, "weights_not_defined")


def test_what_a_document_can_ask_for_is_calculated_alone_too():
    written_on_the_children = {"direct", "equal"}

    assert set(WEIGHTS) == set(METHODS["weights"]) - written_on_the_children


def test_comparisons_without_end_are_refused():
    with pytest.raises(DataInvalid):
        find_weights({"method": "ahp", "matrices": [[[1] * 101] * 101]})


@pytest.mark.parametrize("method", ["entropy", "critic", "standard_deviation", "pca"])
def test_units_without_all_values_do_not_weigh(method):
    data = document(leaf("a"), leaf("b"), mode="relative", weights={"root": method})

    found = results(data, unit("u", a=1), unit("v", b=2), unit("w", a=3, b=4))

    assert {result["reason"] for result in found} == {"weights_not_defined"}


@pytest.mark.parametrize("method", ["entropy", "standard_deviation", "critic", "pca"])
def test_values_at_the_end_of_the_doubles_are_no_reason_to_fail(method):
    data = document(leaf("a"), leaf("b"), mode="relative", weights={"root": method})
    units = [unit("u", a=1.7e308, b=1.7e308), unit("v", a=1.7e308, b=-1.7e308), unit("w", a=1.7e308, b=1)]

    for result in results(data, *units):
        assert result["reason"] in (None, "weights_not_defined", "not_defined")
