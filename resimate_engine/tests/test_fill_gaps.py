"""What stands in for a missing value, of an indicator and of a node's child."""

import pytest

from resimate_engine.tests.documents import answered, asked, branch, document, leaf, results, unit

pytestmark = pytest.mark.requirement("CMS-002")


def filled(missing, *units, **indicator):
    data = document(leaf("x", missing=missing, **indicator), mode="relative")
    return [result["imputed"]["x"] for result in results(data, *units, include=("imputed",))]


def grouped(name, group, x):
    return {**unit(name, x=x), "group": group}


VALUES = [unit("a", x=1), unit("b", x=2), unit("c", x=9), unit("d"), unit("e", x="not_applicable")]
GROUPS = [grouped("a", "g", 1), grouped("b", "g", 2), grouped("c", "g", 9), grouped("d", "h", 50)]


def test_by_the_mean_and_the_median_of_units():
    assert filled("mean", *VALUES) == [1, 2, 9, 4, None]
    assert filled("median", *VALUES) == [1, 2, 9, 2, None]


def test_by_the_mean_and_the_median_of_the_group():
    gaps = [grouped("w", "g", None), grouped("x", "h", None), grouped("y", "nobody", None), grouped("z", None, None)]

    assert filled("group_mean", *GROUPS, *gaps) == [1, 2, 9, 50, 4, 50, None, None]
    assert filled("group_median", *GROUPS, *gaps) == [1, 2, 9, 50, 2, 50, None, None]


def test_a_group_is_one_however_it_is_spelt():
    gaps = [grouped("w", "G ", None), grouped("x", "\uff47", None), grouped("y", "H\u00ad", None)]

    assert filled("group_mean", *GROUPS, *gaps) == [1, 2, 9, 50, 4, 4, 50]


def test_by_nothing_when_there_is_nothing():
    assert filled("mean", unit("a"), unit("b")) == [None, None]


def test_by_the_last_observation():
    before = {"id": "b", "values": {}, "previous": {"x": 7}}

    assert filled("last_observation", unit("a", x=1), before, unit("c")) == [1, 7, None]


def test_by_the_last_observation_by_the_denominator_of_its_time():
    then = {"id": "a", "values": {"people": 4}, "previous": {"x": 10, "people": 2}}
    now = {"id": "b", "values": {"people": 4}, "previous": {"x": 10}}

    assert filled("last_observation", then, now, denominator="people") == [5, 2.5]


def test_a_questionnaire_by_the_last_observation():
    data = document(asked("q", "Q1", missing="last_observation"))

    [result] = results(data, {**answered({}), "previous": {"q": 40}})

    assert (result["score"], result["coverage"]) == (40.0, 1.0)


def test_a_parent_passes_last_observation_on_to_its_indicators():
    data = document(leaf("x"), leaf("y", missing="skip"), root={"missing": "last_observation"})

    [result] = results(data, {"id": "u", "previous": {"x": 7, "y": 9}})

    assert (result["score"], result["nodes"]["y"]["value"]) == (7.0, None)


def test_by_the_worst_and_the_best_score_of_the_scale():
    goalposts = {"method": "goalposts", "low": 0, "high": 10}
    data = document(
        leaf("x", missing="worst", normalisation=goalposts), leaf("y", missing="best", normalisation=goalposts)
    )

    [result] = results(data, unit())

    assert [result["nodes"][code]["value"] for code in "xy"] == [0.0, 100.0]
    assert result["nodes"]["x"]["flags"] == ["imputed"]


def test_a_questionnaire_by_the_worst():
    [result] = results(document(asked("q", "Q1", missing="worst")), answered({}))

    assert result["score"] == 0.0


def test_off_the_scale_by_the_worst_of_all_units():
    data = document(leaf("x", missing="worst"), leaf("y", missing="best"), mode="relative")

    found = results(data, unit("a", x=5, y=5), unit("b", x=7, y=7), unit("c"))

    assert [found[2]["nodes"][code]["value"] for code in "xy"] == [5.0, 7.0]
    assert results(data, unit("c"))[0]["score"] == 50.0  # nothing to go by but the scale


def test_by_the_mean_of_the_units_other_children():
    data = document(leaf("a"), leaf("b", weight=3), leaf("c", missing="sibling_mean"), root={"aggregation": "min"})

    [result] = results(data, unit(a=20, b=60))

    assert (result["score"], result["coverage"]) == (20.0, 1.0)


def test_a_node_fills_its_children_by_any_method():
    def scored(missing, **top):
        data = document(leaf("a"), leaf("b"), root={"missing": missing, "aggregation": "sum"}, mode="relative", **top)
        return results(data, unit("u", a=10, b=30), unit("v", a=20))[1]["score"]

    assert scored("skip") == 20.0
    assert scored("mean") == 50.0
    assert scored("sibling_mean") == 40.0
    assert scored("worst") == 20.0
    assert scored("best") == 120.0


def test_a_dimension_may_be_filled_too():
    data = document(
        branch("d", leaf("a"), missing="skip"), leaf("b"), root={"missing": {"method": "constant", "value": 10}}
    )

    [result] = results(data, unit(b=30))

    assert result["score"] == 20.0
    assert result["nodes"]["d"] == {"value": 10.0, "coverage": 1.0, "weight": 1.0, "flags": ["imputed"], "reason": None}


def test_a_refusal_is_no_gap_to_fill():
    data = document(
        branch("d", leaf("a"), aggregation="geometric_mean"),
        leaf("b"),
        root={"missing": {"method": "constant", "value": 10}},
    )

    [result] = results(data, unit(a=0, b=30))

    assert result["reason"] == "not_positive"


def test_the_mean_of_the_largest_doubles_is_one_of_them():
    largest = 1.7976931348623157e308

    assert filled("mean", *(unit(str(row), x=largest) for row in range(7)), unit("gap"))[-1] == largest
