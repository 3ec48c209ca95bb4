"""Which nodes of a release are shown: none that its parent, its siblings or what was shown before give away."""

from typing import Any

import pytest

import resimate_engine as engine
from apps.models import disclosure
from apps.models.disclosure import Shown
from resimate_engine.document import parse

pytestmark = pytest.mark.requirement("COMP-001")


def _model(aggregation: Any = "arithmetic_mean") -> engine.Model:
    leaves = [
        {"code": code, "name": {"en": code}, "indicator": {"questions": [{"code": code.upper(), "scale": "five"}]}}
        for code in ("a", "b", "c")
    ]
    options = [{"value": value, "name": {"en": str(value)}} for value in range(1, 6)]
    document = {
        "schema": "resimate.model/1",
        "code": "three",
        "name": {"en": "Three"},
        "scale": {"low": 0, "high": 100},
        "response_scales": {"five": {"kind": "ordinal", "options": options}},
        "root": {"code": "all", "aggregation": aggregation, "children": leaves},
    }
    return parse(document)


def _responses(**people: int) -> list[dict[str, Any]]:
    """The first so many people have answered each question."""
    return [
        {"rater": str(place), "answers": {code.upper(): 3 for code, count in people.items() if place < count}}
        for place in range(max(people.values()))
    ]


def test_a_sibling_that_has_not_changed_since_it_was_shown_hides_no_other() -> None:
    """Nobody more has answered a; so beside it the two who have joined b could be worked out from the whole."""
    earlier = {code: Shown(5, 50.0) for code in ("all", "a", "b", "c")}
    values = {"all": 55.0, "a": 50.0, "b": 60.0, "c": 55.0}

    shown = disclosure.nodes_shown(_model(), _responses(a=5, b=7, c=10), values, earlier, final=False, least=5)

    assert shown == {"a": 5, "all": 10}


def test_where_no_sibling_helps_the_parent_is_withheld() -> None:
    earlier = {code: Shown(5, 50.0) for code in ("all", "a", "b", "c")}
    values = {"all": 55.0, "a": 50.0, "b": 60.0, "c": 50.0}

    responses = [*_responses(a=5, b=7, c=5), *({"rater": f"x{number}", "answers": {}} for number in range(3))]

    shown = disclosure.nodes_shown(_model(), responses, values, earlier, final=False, least=5)

    assert shown == {"a": 5, "c": 5}


@pytest.mark.parametrize("aggregation", ["arithmetic_mean", "geometric_mean"])
def test_bounds_and_gains_do_not_tell_what_is_withheld(aggregation: str) -> None:
    """Value, coverage and bounds of the whole are three equations; two withheld parts are two unknown numbers."""
    account = {"value": 50.0, "low": 40.0, "high": 60.0, "contribution": 9.0, "marginal_gain": 0.3, "reason": None}
    given = dict.fromkeys(("all", "a", "b", "c"), account)
    found = {"nodes": given, "indicators": {}, "priorities": [], "warnings": []}
    run: Any = type("Run", (), {})()
    run.assessment, run.disclosed = type("A", (), {"confidential": True})(), {"all": 10, "c": 10}

    nodes = disclosure.explanation_for(run, found, _model(aggregation))["nodes"]

    assert (nodes["all"]["value"], nodes["all"]["low"], nodes["all"]["high"]) == (50.0, None, None)
    assert (nodes["c"]["value"], nodes["c"]["low"], nodes["c"]["high"]) == (50.0, 40.0, 60.0)
    assert nodes["c"]["marginal_gain"] == (0.3 if aggregation == "arithmetic_mean" else None)


def test_no_warning_of_an_explanation_counts_the_people_of_a_group() -> None:
    warnings = [{"code": "group_without_weight", "detail": "raters without a group do not count: 1"}, {"code": "other"}]
    nodes: dict[str, Any] = {code: {} for code in ("all", "a", "b", "c")}
    found = {"nodes": nodes, "indicators": {}, "priorities": ["a", "b"], "warnings": warnings}
    run: Any = type("Run", (), {})()
    run.assessment, run.disclosed = type("A", (), {"confidential": True})(), {"all": 10, "b": 10}

    shown = disclosure.explanation_for(run, found, _model())

    assert (shown["warnings"], shown["priorities"]) == ([{"code": "other"}], ["b"])
