"""What judgements come to, in numbers."""

import math
from typing import Any

import pytest

from apps.elicitation import judgement_values
from apps.elicitation.question_snapshot import AskedNode, Item, asked_nodes, changes, frozen
from apps.elicitation.reading import Judged, NodeReport
from apps.elicitation.tests.story import DOCUMENT, OTHER_POINTS, POINTS, STEADY, TORN, changed, values
from resimate_engine.document import parse

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")

ALL, PLANS = asked_nodes(frozen(parse(DOCUMENT), ["all", "plans"]))
SOMEBODY: Any = None


def judged(method: str, given: Any) -> Judged:
    return Judged(method, ALL, values({"all": given})["all"], SOMEBODY)


def test_a_budget_is_its_shares() -> None:
    found = judged("budget_allocation", POINTS["all"])

    assert found.weights == {code: points / 100 for code, points in POINTS["all"].items()}
    assert found.outcome.ratio is None
    assert found.doubtful is None


def test_budgets_are_combined_by_their_mean_and_spread_over_experts() -> None:
    both = (POINTS["all"], OTHER_POINTS["all"])
    report = NodeReport("budget_allocation", ALL, tuple(judged("budget_allocation", one) for one in both))

    assert report.combined is not None
    for place, code in enumerate(ALL.codes):
        shares = [one[code] / 100 for one in both]
        assert report.combined.weights[place] == pytest.approx(sum(shares) / 2)
        spread = report.spreads[place]
        assert (spread.low, spread.high) == (min(shares), max(shares))
        assert spread.deviation == pytest.approx(abs(shares[0] - shares[1]) / math.sqrt(2))


def test_consistent_comparisons_are_the_ratios_of_the_weights() -> None:
    found = judged("ahp", STEADY["all"])

    weights = found.weights
    assert weights["people"] / weights["plans"] == pytest.approx(2)
    assert weights["plans"] / weights["means"] == pytest.approx(2)
    assert found.outcome.ratio == pytest.approx(0, abs=1e-9)
    assert found.doubtful is None


def test_comparisons_are_combined_by_the_geometric_mean_of_each() -> None:
    there = [{"more": "people", "less": "plans", "strength": 9}, *STEADY["all"][1:]]
    back = [{"more": "plans", "less": "people", "strength": 9}, *STEADY["all"][1:]]
    both = tuple(judged("ahp", one) for one in (there, back))
    equal = judged("ahp", [{"more": "people", "less": "plans", "strength": 1}, *STEADY["all"][1:]])

    combined = NodeReport("ahp", ALL, both).combined

    assert combined is not None
    assert combined.weights == pytest.approx(equal.outcome.weights)


def test_the_comparison_that_contradicts_the_others_is_pointed_at() -> None:
    found = judged("ahp", TORN["all"])

    assert found.outcome.is_inconsistent
    assert found.doubtful is not None
    ratios = found.weights
    strains = {
        (one["more"], one["less"]): abs(math.log(one["strength"] * ratios[one["less"]] / ratios[one["more"]]))
        for one in TORN["all"]
    }
    assert strains == pytest.approx(dict.fromkeys(strains, max(strains.values()))), (
        "of three, each is as far as the rest"
    )
    assert (found.doubtful.more.code, found.doubtful.less.code, found.doubtful.said) == ("means", "people", 7)
    assert found.doubtful.fitting == pytest.approx(ratios["means"] / ratios["people"])


@pytest.mark.parametrize(
    ("points", "place"),
    [
        ({"people": 50, "plans": 30, "means": 19}, "/points"),
        ({"people": 60, "plans": 30, "means": 20}, "/points"),
        ({"people": 50, "plans": 30, "docks": 20}, "/points/docks"),
        ({"people": 150, "plans": -50}, "/points/people"),
        ({}, "/points"),
    ],
)
def test_a_budget_that_is_none_is_pointed_at(points: dict[str, int], place: str) -> None:
    assert place in {one.pointer for one in judgement_values.problems("budget_allocation", ALL, {"points": points})}


@pytest.mark.parametrize(
    ("comparisons", "place"),
    [
        (STEADY["all"][:2], "/comparisons"),
        ([*STEADY["all"], {"more": "plans", "less": "people", "strength": 3}], "/comparisons/3"),
        ([*STEADY["all"], {"more": "docks", "less": "people", "strength": 3}], "/comparisons/3/more"),
        ([*STEADY["all"], {"more": "means", "less": "means", "strength": 3}], "/comparisons/3/less"),
        ([{**STEADY["all"][0], "strength": 10}, *STEADY["all"][1:]], "/comparisons/0/strength"),
    ],
)
def test_comparisons_that_are_none_are_pointed_at(comparisons: list[Any], place: str) -> None:
    assert place in {one.pointer for one in judgement_values.problems("ahp", ALL, {"comparisons": comparisons})}


def test_a_judgement_takes_the_order_that_is_asked_for() -> None:
    turned = list(reversed(ALL.codes))

    rows = [judgement_values.row_of("ahp", codes, {"comparisons": STEADY["all"]}) for codes in (ALL.codes, turned)]

    assert [list(reversed(row)) for row in reversed(rows[1])] == rows[0]
    assert all(rows[0][i][j] * rows[0][j][i] == pytest.approx(1) for i in range(3) for j in range(3))


def test_changed_nodes_are_named_and_another_order_is_no_change() -> None:
    found = {one.code: one for one in changes(parse(changed()), (ALL, PLANS))}

    assert (found["all"].gone, found["all"].new) == (("means",), ())
    assert (found["plans"].gone, found["plans"].new) == ((), ("cover",))
    turned = AskedNode(ALL.item, tuple(reversed(ALL.children)))
    assert changes(parse(DOCUMENT), (turned, PLANS)) == []
    nowhere = AskedNode(Item("docks", {}, {}), PLANS.children)
    assert [one.is_missing for one in changes(parse(DOCUMENT), (nowhere,))] == [True]
