"""Nodes, groups and steps: which are withheld, and that nothing more is."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

import resimate_engine as engine
from apps.models import disclosure
from apps.models.disclosure import Shown, groups
from resimate_engine.document import parse

pytestmark = pytest.mark.requirement("COMP-001")
BOARD_AND_CREW = {"method": "by_group", "weights": {"board": 1, "crew": 1}}


def _leaf(code: str, **more: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name": {"en": code},
        "indicator": {"questions": [{"code": code.upper(), "scale": "five"}], **more},
    }


def _measured(code: str) -> dict[str, Any]:
    posts = {"method": "goalposts", "low": 0, "high": 10}
    return {"code": code, "name": {"en": code}, "indicator": {"input": code, "normalisation": posts}}


def _node(code: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {"code": code, "name": {"en": code}, "aggregation": "arithmetic_mean", "children": list(children)}


def _model(root: dict[str, Any]) -> engine.Model:
    options = [{"value": value, "name": {"en": str(value)}} for value in range(1, 6)]
    return parse(
        {
            "schema": "resimate.model/1",
            "code": "small",
            "name": {"en": "Small"},
            "scale": {"low": 0, "high": 100},
            "response_scales": {"five": {"kind": "ordinal", "options": options}},
            "root": root,
        }
    )


def _people(count: int, *questions: str, group: str = "") -> list[dict[str, Any]]:
    """So many people of a group have answered these questions."""
    names = [f"{group}{number}" for number in range(count)]
    return [{"rater": name, "group": group, "answers": dict.fromkeys(questions, 3)} for name in names]


def test_what_is_measured_is_withheld_for_no_one_and_hides_nothing() -> None:
    """Two have answered of a; it is b that must go with it, since everybody knows m."""
    model = _model(_node("all", _leaf("a"), _leaf("b"), _measured("m")))

    shown = disclosure.nodes_shown(
        model,
        [*_people(2, "A"), *_people(8, "B")],
        {"all": 50.0, "a": 1.0, "b": 2.0, "m": 3.0},
        {},
        final=True,
        least=5,
    )

    assert shown == {"all": 8, "m": 0}


def test_a_part_that_is_withheld_alone_beside_what_is_known_takes_the_whole_with_it() -> None:
    """Ten stand behind x, but beside m the whole would tell it, and beside x2, which all know by now, x tells x1."""
    model = _model(_node("all", _node("x", _leaf("x1"), _leaf("x2")), _measured("m")))
    values = {"all": 50.0, "x": 40.0, "x1": 30.0, "x2": 50.0, "m": 60.0}

    shown = disclosure.nodes_shown(
        model,
        [*_people(2, "X1", "X2"), *_people(8, "X2", group="z")],
        values,
        {"x2": Shown(10, 50.0)},
        final=False,
        least=5,
    )

    assert shown == {"x2": 10, "m": 0}


def test_what_is_known_of_a_withheld_part_makes_no_second_unknown_of_it() -> None:
    """All know x, which has not changed, and b2; b is a single unknown beside it, so the whole would tell b."""
    model = _model(_node("all", _node("x", _leaf("x1"), _leaf("x2")), _node("b", _leaf("b1"), _leaf("b2"))))
    values = {"all": 50.0, "x": 40.0, "x1": 30.0, "x2": 50.0, "b": 40.0, "b1": 30.0, "b2": 50.0}
    earlier = {"x": Shown(10, 40.0), "x2": Shown(10, 50.0), "b2": Shown(10, 50.0)}
    responses = [*_people(2, "X1", "X2", "B1", "B2"), *_people(8, "X2", "B2", group="z")]

    assert disclosure.nodes_shown(model, responses, values, earlier, final=False, least=5) == {"x2": 10, "b2": 10}


@pytest.mark.parametrize(
    ("people", "last"),
    [({"a": 2, "b": 2, "c": 8}, 0), ({"a": 6, "b": 6, "c": 10}, 5)],
    ids=["few people", "few more than last time"],
)
def test_two_that_are_withheld_take_a_third_with_them_while_few_stand_behind_both(
    people: dict[str, int], last: int
) -> None:
    model = _model(_node("all", _leaf("a"), _leaf("b"), _leaf("c")))
    numbers = range(max(people.values()))
    responses = [
        {"rater": str(number), "answers": {code.upper(): 3 for code in people if number < people[code]}}
        for number in numbers
    ]
    earlier = {code: Shown(last, 1.0) for code in ("all", *people)} if last else {}

    shown = disclosure.nodes_shown(
        model, responses, dict.fromkeys(("all", *people), 2.0), earlier, final=False, least=5
    )

    assert shown == {"all": len(numbers)}


@pytest.mark.parametrize(
    ("people", "final", "shown"),
    [
        ({"board": 5, "crew": 5}, True, {"all": 10}),
        ({"board": 5, "crew": 5}, False, {}),
        ({"board": 5, "crew": 4}, True, {}),
        ({"board": 5, "crew": 5, "guest": 1}, True, {"all": 11}),  # a guest weighs nothing
    ],
)
def test_what_weighs_groups_comes_at_the_end_where_each_that_weighs_is_large_enough(
    people: Mapping[str, int], final: bool, shown: Mapping[str, int]
) -> None:
    model = _model(_leaf("all", rater_aggregation=BOARD_AND_CREW))
    responses = [one for group, count in people.items() for one in _people(count, "ALL", group=group)]

    assert disclosure.nodes_shown(model, responses, {"all": 50.0}, {}, final=final, least=5) == shown


def test_who_has_not_answered_makes_no_group_large_enough_to_be_weighed() -> None:
    model = _model(_leaf("all", rater_aggregation=BOARD_AND_CREW))
    responses = [
        *_people(4, "ALL", group="board"),
        {"rater": "silent", "group": "board", "answers": {}},
        *_people(5, "ALL", group="crew"),
    ]

    assert disclosure.nodes_shown(model, responses, {"all": 50.0}, {}, final=True, least=5) == {}


def test_a_group_of_which_the_score_would_be_withheld_is_not_compared() -> None:
    """Six of the board have answered something, but two alone what weighs groups; the crew goes with it."""
    model = _model(_node("all", _leaf("a", rater_aggregation=BOARD_AND_CREW), _leaf("b")))
    board = _people(6, "B", group="board")
    for one in board[:2]:
        one["answers"]["A"] = 3
    others = {group: _people(count, "A", "B", group=group) for group, count in (("crew", 7), ("staff", 8))}

    assert disclosure.groups_to_hide(model, {"board": board, **others}, 5) == {"board", "crew"}


def test_a_result_says_nothing_of_what_is_withheld() -> None:
    nodes = {code: {"value": 1.0, "raters": 3, "weight": 2.0} for code in ("all", "a")}
    result = {"score": 1.0, "band": "low", "reason": None, "coverage": 1.0, "nodes": nodes}

    whole = disclosure.withheld_from(result, {"all": 9, "a": 9}, "all")
    part = disclosure.withheld_from(result, {"a": 9}, "all")

    assert whole == result
    assert [part[name] for name in ("score", "band", "reason", "coverage")] == [None, None, "withheld", None]
    assert (part["nodes"]["all"]["value"], part["nodes"]["all"]["weight"], part["nodes"]["a"]) == (
        None,
        2.0,
        nodes["a"],
    )


def test_only_an_indicator_weighs_groups() -> None:
    model = _model(_node("all", _leaf("a", rater_aggregation=BOARD_AND_CREW), _leaf("b"), _measured("m")))

    assert [code for code, node in model.nodes.items() if groups.weighs_groups(node)] == ["a"]


@pytest.mark.parametrize(
    ("more", "kept"),
    [({}, {"staff"}), ({"rater_aggregation": BOARD_AND_CREW}, {"staff", "Crew", "board"})],
    ids=["named alone", "weighed"],
)
def test_a_score_is_calculated_without_small_groups_unless_it_weighs_them(more: dict[str, Any], kept: set[str]) -> None:
    """With the board, which is too small, goes the crew: the whole minus the staff would be the board."""
    people = [
        one for group, count in (("staff", 6), ("Crew", 5), ("board", 2)) for one in _people(count, "ALL", group=group)
    ]

    found = groups.grouped(people, _model(_leaf("all", **more)), 5)

    assert [one["rater"] for one in found] == [one["rater"] for one in people]
    assert {one["group"] for one in found} - {None} == kept


def test_of_what_is_shown_every_step_is_told_but_no_single_answer() -> None:
    steps = {"questions": [{"code": "A", "answers": [3, 4]}], "measured": 3.5, "normalised": 60.0}
    found = {
        "nodes": {code: {"value": 1.0} for code in ("all", "a", "b", "m")},
        "indicators": {"a": steps, "b": steps, "m": {"measured": 3.0, "normalised": 30.0}},
        "priorities": [],
        "warnings": [],
    }
    run: Any = SimpleNamespace(assessment=SimpleNamespace(confidential=True), disclosed={"all": 9, "a": 9, "m": 0})

    told = disclosure.explanation_for(run, found, _model(_node("all", _leaf("a"), _leaf("b"), _measured("m"))))

    indicators = told["indicators"]
    assert indicators["a"] == {**steps, "questions": [{"code": "A", "answers": []}]}
    assert indicators["m"] == found["indicators"]["m"]  # type: ignore[index]  # what is above
    assert (indicators["b"]["measured"], indicators["b"]["normalised"]) == (None, None)
