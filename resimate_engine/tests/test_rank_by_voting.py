"""Copeland, Borda and Kemeny on published elections, against trying every order, and at their limits."""

from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resimate_engine.outranking import MOST_IN_A_CYCLE
from resimate_engine.tests.documents import document, leaf, results, unit

pytestmark = pytest.mark.requirement("CMS-002")

# Condorcet (1785), as told by Young, Condorcet's theory of voting (1988): 60 voters, a majority that goes in a circle.
CONDORCET = {"ABC": 23, "BCA": 17, "BAC": 2, "CAB": 10, "CBA": 8}
# The capital of Tennessee, the standing example for methods of voting: voters prefer what is near.
TENNESSEE = {"MNCK": 42, "NCKM": 26, "CKNM": 15, "KCNM": 17}


def elected(method, ballots):
    """Return each candidate's score; a child is a ballot, its weight the number of voters who cast it."""
    children = [leaf(f"v{at}", weight=voters) for at, voters in enumerate(ballots.values())]
    data = document(*children, root={"aggregation": method}, mode="relative")
    candidates = sorted(next(iter(ballots)))
    units = [unit(name, **{f"v{at}": -order.index(name) for at, order in enumerate(ballots)}) for name in candidates]
    return {result["id"]: result["score"] for result in results(data, *units)}


def test_the_elections_of_condorcet():
    assert elected("copeland", CONDORCET) == {"A": 0, "B": 0, "C": 0}
    assert elected("borda", CONDORCET) == {"A": 58, "B": 69, "C": 53}
    assert elected("kemeny", CONDORCET) == {"B": -1, "C": -2, "A": -3}


def test_the_capital_of_tennessee():
    assert elected("copeland", TENNESSEE) == {"N": 3, "C": 1, "K": -1, "M": -3}
    assert elected("borda", TENNESSEE) == {"M": 126, "N": 194, "C": 173, "K": 107}
    assert elected("kemeny", TENNESSEE) == {"N": -1, "C": -2, "K": -3, "M": -4}


# Three parties in a circle, from electowiki's article on the method of Kemeny and Young.
CIRCLE = {"ABC": 25, "BCA": 40, "CAB": 35}
# Five candidates, the example of R. LeGrand's descriptions of methods of voting.
FIVE = {
    "ACEDB": 98, "BAECD": 64, "BAEDC": 12, "BEACD": 98, "BEADC": 13, "BEDAC": 125, "CAEDB": 124, "CEADB": 76,
    "DABEC": 21, "DBAEC": 30, "DBECA": 98, "DCABE": 139, "DCBAE": 23,
}  # fmt: skip
# Four candidates, from the French Wikipedia's article on the method of Borda, with a point for the last place too.
CONSENSUS = {"BACD": 30, "BADC": 30, "ACDB": 25, "ADCB": 15}


def test_a_circle_is_cut_where_fewest_are_overruled():
    assert elected("kemeny", CIRCLE) == {"B": -1, "C": -2, "A": -3}


def test_five_candidates_of_whom_two_beat_equally_many():
    scores = elected("copeland", FIVE)

    ordered = sorted(set(scores.values()), reverse=True)
    assert [{name for name in scores if scores[name] == score} for score in ordered] == [{*"AB"}, {*"DE"}, {"C"}]


def test_a_majority_is_outvoted_by_consensus():
    points = {name: score + 100 for name, score in elected("borda", CONSENSUS).items()}

    assert points == {"A": 340, "B": 280, "C": 195, "D": 185}
    assert elected("copeland", CONSENSUS)["B"] == 3


def ranked(table, weights, method="kemeny"):
    codes = [f"c{at}" for at in range(len(weights))]
    children = [leaf(code, weight=weight) for code, weight in zip(codes, weights, strict=True)]
    data = document(*children, root={"aggregation": method}, mode="relative")
    units = [unit(str(row), **dict(zip(codes, values, strict=True))) for row, values in enumerate(table)]
    return results(data, *units)


def agreement(order, table, weights):
    """Return the weight of all comparisons that an order agrees with, less those that it contradicts."""
    return sum(
        weight * ((table[one][at] > table[other][at]) - (table[one][at] < table[other][at]))
        for one, other in combinations(order, 2)
        for at, weight in enumerate(weights)
        if table[one][at] is not None and table[other][at] is not None
    )


GRADES = st.one_of(st.none(), st.integers(0, 4))


@given(
    table=st.lists(st.tuples(GRADES, GRADES, GRADES, st.integers(0, 4)), min_size=1, max_size=6),
    weights=st.tuples(*[st.integers(1, 5)] * 4),
)
def test_no_order_agrees_more_than_that_of_kemeny(table, weights):
    found = [result["score"] for result in ranked(table, weights)]
    order = sorted(range(len(table)), key=lambda row: -found[row])

    best = max(agreement(trial, table, weights) for trial in permutations(range(len(table))))

    assert agreement(order, table, weights) == best


def test_an_undisputed_order_may_be_as_long_as_it_likes():
    found = [result["score"] for result in ranked([(row, 2 * row) for row in range(300)], [1, 1])]

    assert found == [row - 300.0 for row in range(300)]


def circle(size):
    """Units of which each third of the children puts another third first, so that nobody is undisputed."""
    third = size // 3
    return [(row, (row + third) % size, (row + 2 * third) % size) for row in range(size)]


def test_a_circle_is_put_in_order_up_to_its_largest_size():
    found = sorted(result["score"] for result in ranked(circle(MOST_IN_A_CYCLE), [1, 1, 1]))

    assert found == [-float(rank) for rank in range(MOST_IN_A_CYCLE, 0, -1)]


def test_a_larger_circle_has_no_ranks_and_says_so_but_those_around_it_have():
    size = MOST_IN_A_CYCLE + 1
    found = ranked([(99, 99, 99), *circle(size), (-1, -1, -1), (None, None, None)], [1, 1, 1])

    first, *within, last, absent = [(result["score"], result["reason"]) for result in found]
    assert first == (-1.0, None)
    assert set(within) == {(None, "too_many_units")}
    assert last == (-(size + 2.0), None)
    assert absent == (None, "nothing_present")


def test_units_that_are_alike_count_as_often_as_they_are_there():
    table = [(2, 0, 1), (1, 2, 0), (0, 1, 2), (0, 1, 2)]

    found = [result["score"] for result in ranked(table, [3, 2, 2])]

    assert found[2] == found[3]
    order = sorted(range(4), key=lambda row: -found[row])
    assert agreement(order, table, [3, 2, 2]) == max(
        agreement(trial, table, [3, 2, 2]) for trial in permutations(range(4))
    )


@pytest.mark.parametrize(("method", "scores"), [("copeland", [0, 0]), ("kemeny", [-2, -1])])
def test_weights_that_balance_but_for_rounding_are_a_draw(method, scores):
    found = ranked([(1, 1, 2), (2, 2, 1)], [0.1, 0.2, 0.3], method)

    assert [result["score"] for result in found] == scores


def test_a_child_without_weight_has_no_say_in_ties():
    assert [result["score"] for result in ranked([(1, 5), (1, 9)], [1, 0])] == [-1.0, -1.0]
