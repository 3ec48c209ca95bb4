"""What a change would do to a score, and the least effort to a target."""

import pytest

from resimate_engine import DataInvalid, seek, what_if
from resimate_engine.document import parse
from resimate_engine.tests.documents import answered, asked, branch, document, leaf, unit

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")
GOALPOSTS = {"method": "goalposts", "low": 0, "high": 200}
DATA = document(branch("d", leaf("a", normalisation=GOALPOSTS), leaf("b")), leaf("c", weight=3, node={"effort": 2}))
MODEL = parse(DATA)
UNITS = [unit("u", a=80, b=20, c=50), unit("v", a=0, b=0, c=0)]


def changed(*changes, model=MODEL, units=UNITS, name="u"):
    return what_if(model, units, name, list(changes))["nodes"]


def test_without_a_change_nothing_changes():
    assert all(node["delta"] == 0 for node in changed().values())


@pytest.mark.parametrize(
    ("change", "after"),
    [({"set": 200}, 100), ({"add": 20}, 50), ({"scale": 0.5}, 20)],
)
def test_a_changed_input_goes_through_every_step(change, after):
    nodes = changed({"input": "a", **change})

    assert nodes["a"] == {"before": 40.0, "after": after, "delta": after - 40}
    assert nodes["root"]["delta"] == pytest.approx((after - 40) / 8, rel=1e-12)


def test_a_changed_indicator_is_on_the_scale():
    nodes = changed({"node": "a", "add": 10}, {"node": "c", "scale": 2})

    assert (nodes["a"]["after"], nodes["c"]["after"], nodes["root"]["after"]) == (50.0, 100.0, 83.75)


def test_a_changed_weight_does_not_fall_below_nothing():
    assert changed({"weight": "c", "set": 1})["root"]["after"] == 40.0
    assert changed({"weight": "c", "add": -9})["root"]["after"] == 30.0


def test_other_units_stay():
    assert changed({"input": "a", "set": 200}, name="v")["root"]["before"] == 0.0


def test_what_is_missing_can_be_set_and_not_added_to():
    gaps = [unit("u", a=80, c=50)]

    assert changed({"node": "b", "set": 60}, units=gaps)["d"] == {"before": 40.0, "after": 50.0, "delta": 10.0}
    assert changed({"input": "b", "set": 60}, units=gaps)["b"] == {"before": None, "after": 60.0, "delta": None}
    assert changed({"input": "b", "add": 60}, units=gaps)["b"]["after"] is None
    assert changed({"node": "b", "add": 60}, units=gaps)["b"]["after"] is None


def test_a_refused_or_excused_indicator_can_be_set():
    model = parse(document(asked("q", "Q1"), leaf("c")))
    excused = [{**answered({"Q1": "not_applicable"}), "values": {"c": 10}}]

    assert changed({"node": "q", "set": 50}, model=model, units=excused)["root"]["after"] == 30.0


def test_what_leaves_the_doubles_has_no_value():
    assert changed({"node": "a", "scale": 1.7e308})["a"]["after"] is None


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ("set", ("/changes", "not_a_list")),
        ([{"input": "a"}], ("/changes/0", "wrong_shape")),
        ([7], ("/changes/0", "wrong_shape")),
        ([{"input": "a", "node": "a"}], ("/changes/0", "wrong_shape")),
        ([{"input": "z", "set": 1}], ("/changes/0/input", "unknown_input")),
        ([{"node": "d", "set": 1}], ("/changes/0/node", "unknown_node")),
        ([{"weight": "z", "set": 1}], ("/changes/0/weight", "unknown_weight")),
        ([{"node": ["a"], "set": 1}], ("/changes/0/node", "unknown_node")),
        ([{"node": "a", "set": 1}, {"node": "a", "set": float("nan")}], ("/changes/1/set", "not_a_number")),
        ([{"node": "a", "add": True}], ("/changes/0/add", "not_a_number")),
    ],
)
def test_a_bad_change_is_refused_with_a_pointer(changes, found):
    with pytest.raises(DataInvalid) as refused:
        what_if(MODEL, UNITS, "u", changes)
    assert [(problem.pointer, problem.code) for problem in refused.value.problems] == [found]


def test_an_unknown_unit_is_refused():
    with pytest.raises(DataInvalid):
        what_if(MODEL, UNITS, "nobody", [])


def test_the_least_effort_takes_what_is_worth_most_first():
    plan = seek(MODEL, UNITS, "u", 90)

    assert [step["code"] for step in plan["steps"]] == ["c", "a"]
    assert plan["steps"][0]["to"] == 100.0
    assert plan["steps"][1]["points"] == pytest.approx((90 - 45 - 37.5) / 0.125, rel=1e-12)
    assert plan["short"] == pytest.approx(0, abs=1e-9)


def test_a_plan_leads_to_its_target():
    plan = seek(MODEL, UNITS, "u", 80)

    nodes = changed(*({"node": step["code"], "set": step["to"]} for step in plan["steps"]))

    assert nodes["root"]["after"] == pytest.approx(80, rel=1e-12)


def test_a_target_out_of_reach_falls_short_and_one_reached_needs_nothing():
    assert seek(MODEL, UNITS, "u", 120)["short"] == pytest.approx(20, rel=1e-12)
    assert seek(MODEL, UNITS, "u", 10)["steps"] == []
    assert seek(MODEL, [unit("u")], "u", 10)["steps"] == []


def test_only_arithmetic_means_can_be_planned_for():
    with pytest.raises(DataInvalid) as refused:
        seek(parse(document(leaf("a"), root={"aggregation": "min"})), UNITS, "u", 50)
    assert refused.value.problems[0].code == "not_linear"


def test_what_is_set_counts_as_covered():
    model = parse(document(leaf("a"), leaf("b"), root={"min_coverage": 0.9}))

    nodes = changed({"node": "b", "set": 60}, model=model, units=[unit("u", a=80)])

    assert nodes["root"] == {"before": None, "after": 70.0, "delta": None}


def test_a_change_moves_its_unit_alone():
    model = parse(document(leaf("a", normalisation="min_max"), mode="relative"))
    units = [unit("u", a=0), unit("v", a=5), unit("w", a=10)]

    assert changed({"input": "a", "set": 20}, model=model, units=units)["a"] == {
        "before": 0.0,
        "after": 100.0,
        "delta": 100.0,
    }
    assert changed({"node": "a", "set": 20}, model=model, units=units, name="w")["a"]["before"] == 100.0


def test_a_change_needs_a_kind_an_action_and_nothing_else():
    for change in ({"input": "a", "set": 1, "add": 1}, {"set": 1, "add": 2}, {"input": "a", "cut": 1}, {}):
        with pytest.raises(DataInvalid) as refused:
            what_if(MODEL, UNITS, "u", [change])
        assert [(problem.pointer, problem.code) for problem in refused.value.problems] == [
            ("/changes/0", "wrong_shape")
        ]


def test_of_two_that_bring_as_much_the_one_that_costs_less_comes_first():
    model = parse(document(leaf("a", node={"effort": 3}), leaf("b", node={"effort": 2})))

    plan = seek(model, [unit(a=0, b=0)], "u", 60)

    assert [(step["code"], step["points"]) for step in plan["steps"]] == [("b", 100.0), ("a", 20.0)]
