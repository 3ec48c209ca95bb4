"""What every mistake in a model document is answered with."""

from copy import deepcopy
from typing import Any

import pytest

from resimate_engine.document import DocumentInvalid, parse
from resimate_engine.tests.documents import asked, branch, document, leaf
from resimate_text.problems import MOST_PROBLEMS
from resimate_text.sentences import Sentence

pytestmark = pytest.mark.requirement("CMS-001")


def problems(data):
    return [(problem.pointer, problem.code) for problem in refused(data)]


def refused(data):
    with pytest.raises(DocumentInvalid) as raised:
        parse(data)
    return raised.value.problems


def nested(depth):
    node = leaf("x")
    for level in range(depth):
        node = branch(f"n{level}", node)
    return node


def test_a_hundred_languages_are_fine_and_more_are_not():
    codes = [f"{first}{second}" for first in "abcd" for second in "abcdefghijklmnopqrstuvwxyz"]

    assert len(parse(document(leaf("a"), name=dict.fromkeys(codes[:100], "x"))).name) == 100
    assert problems(document(leaf("a"), name=dict.fromkeys(codes[:101], "x"))) == [("/name", "too_many")]


def test_twenty_deep_is_fine():
    assert parse(document(nested(18))).nodes.keys() >= {"n17", "x"}


@pytest.mark.parametrize("data", [None, [], "text", 7])
def test_a_document_is_an_object(data):
    assert problems(data) == [("", "not_an_object")]


MISTAKES = [
    (lambda d: d.update(extra=1), ("/extra", "unknown_key")),
    (lambda d: d.pop("code"), ("/code", "required")),
    (lambda d: d.update(schema="resimate.model/2"), ("/schema", "not_offered")),
    (lambda d: d.update(code="has-dash"), ("/code", "bad_format")),
    (lambda d: d.update(name={"EN": "x"}), ("/name", "bad_format")),
    (lambda d: d.update(name={"en": 7}), ("/name/en", "wrong_type")),
    (lambda d: d.update(scale={"low": 1, "high": 1}), ("/scale/low", "low_not_below_high")),
    (lambda d: d.update(scale={"low": 2, "high": 1}), ("/scale/low", "low_not_below_high")),
    (lambda d: d.update(scale={"low": True, "high": 1}), ("/scale/low", "wrong_type")),
    (lambda d: d.update(mode="other"), ("/mode", "not_offered")),
    (lambda d: d["root"].pop("aggregation"), ("/root", "wrong_shape")),
    (lambda d: d["root"].update(indicator={"input": "x"}), ("/root", "wrong_shape")),
    (lambda d: d["root"].update(children=[]), ("/root/children", "too_few")),
    (lambda d: d["root"].update(min_coverage=1.1), ("/root/min_coverage", "out_of_range")),
    (lambda d: d["root"].update(aggregation="median_of_means"), ("/root/aggregation", "unknown_method")),
    (lambda d: d["root"].update(aggregation={"method": "no"}), ("/root/aggregation/method", "unknown_method")),
    (lambda d: d["root"].update(aggregation={}), ("/root/aggregation/method", "required")),
    (lambda d: d["root"]["children"][0].update(weight=-1), ("/root/children/0/weight", "out_of_range")),
    (lambda d: d["root"]["children"][0].update(weight="1"), ("/root/children/0/weight", "wrong_type")),
    (lambda d: d["root"]["children"][1].update(code="a"), ("/root/children/1/code", "duplicate_code")),
    (lambda d: d["root"]["children"][1].update(code="root"), ("/root/children/1/code", "duplicate_code")),
    (lambda d: [c.update(weight=0) for c in d["root"]["children"]], ("/root/children", "all_weights_zero")),
    (lambda d: d["root"]["children"][0]["indicator"].pop("input"), ("/root/children/0/indicator", "wrong_shape")),
    (lambda d: goalposts(d, low=1, high=1), ("/root/children/0/indicator/normalisation/low", "low_not_below_high")),
    (lambda d: goalposts(d, low=3, high=1), ("/root/children/0/indicator/normalisation/low", "low_not_below_high")),
    (lambda d: goalposts(d, low=1), ("/root/children/0/indicator/normalisation/high", "required")),
    (lambda d: goalposts(d, low=1, high=2, mid=3), ("/root/children/0/indicator/normalisation/mid", "unknown_key")),
    (lambda d: goalposts(d, low=1, high=float("nan")), ("/root/children/0/indicator/normalisation/high", "not_finite")),
    (lambda d: goalposts(d, low=1, high=10**400), ("/root/children/0/indicator/normalisation/high", "not_finite")),
    (lambda d: goalposts(d, low=1, high=float("inf")), ("/root/children/0/indicator/normalisation/high", "not_finite")),
    (lambda d: logarithm(d, low=0, high=9), ("/root/children/0/indicator/normalisation/low", "outside_domain")),
    (lambda d: normalise(d, "min_max"), ("/root/children/0/indicator/normalisation", "needs_relative_mode")),
    (lambda d: normalise(d, "goalposts"), ("/root/children/0/indicator/normalisation", "unknown_method")),
    (lambda d: normalise(d, 7), ("/root/children/0/indicator/normalisation", "wrong_type")),
    (
        lambda d: d["root"].update(aggregation={"method": "geometric_mean", "zero": "floor"}),
        ("/root/aggregation/floor", "required"),
    ),
    (
        lambda d: question(d).update(scale="none"),
        ("/root/children/2/indicator/questions/0/scale", "unknown_response_scale"),
    ),
    (lambda d: question(d).update(weight=0), ("/root/children/2/indicator/questions", "all_weights_zero")),
    (
        lambda d: d["root"]["children"].append(asked("r", "Q1")),
        ("/root/children/3/indicator/questions/0/code", "duplicate_code"),
    ),
    (lambda d: d.update(weights={"nobody": "equal"}), ("/weights/nobody", "unknown_node")),
    (lambda d: d.update(weights={"a": "equal"}), ("/weights/a", "unknown_node")),
    (
        lambda d: d.update(bands=[{"from": 5, "code": "x"}, {"from": 5, "code": "y"}]),
        ("/bands/1/from", "bands_not_ascending"),
    ),
    (
        lambda d: d.update(bands=[{"from": 5, "code": "x"}, {"from": 6, "code": "x"}]),
        ("/bands/1/code", "duplicate_code"),
    ),
    (lambda d: scale(d, kind="stars"), ("/response_scales/likert5/kind", "not_offered")),
    (lambda d: scale(d, kind="numeric", low=1, high=1), ("/response_scales/likert5/low", "low_not_below_high")),
    (lambda d: scale(d, kind="ordinal", options=[{"value": 1}]), ("/response_scales/likert5/options", "too_few")),
    (
        lambda d: scale(d, kind="ordinal", options=[{"value": 1}, {"value": 1.0}]),
        ("/response_scales/likert5/options/1/value", "duplicate_option"),
    ),
    (
        lambda d: scale(d, kind="ordinal", options=[{"value": "a"}, {"value": 1}]),
        ("/response_scales/likert5/options/0/value", "wrong_type"),
    ),
    (
        lambda d: scale(d, kind="multi", options=[{"value": True}]),
        ("/response_scales/likert5/options/0/value", "wrong_type"),
    ),
    (
        lambda d: scale(d, kind="multi", options=[{"value": "a", "points": 0}]),
        ("/response_scales/likert5/options", "no_points"),
    ),
    (lambda d: d.update(licence="nul \0"), ("/licence", "bad_text")),
    (lambda d: d.update(licence="half \ud800"), ("/licence", "bad_text")),
    (lambda d: d.update({"\0": 1}), ("", "bad_text")),
    (lambda d: d.update(sources=("a",)), ("/sources", "not_json")),
    (lambda d: d["root"].update(children=[nested(20)]), ("/root" + "/children/0" * 20 + "/children", "too_deep")),
]


def weighed(**step):
    return lambda data: data.update(weights={"root": step})


def aggregated(**step):
    return lambda data: data["root"].update(aggregation=step)


def relative(data, **indicator):
    data["mode"] = "relative"
    data["root"]["children"][0]["indicator"].update(indicator)


ROOT_WEIGHTS = "/weights/root"
NORMALISATION = "/root/children/0/indicator/normalisation"
MORE_MISTAKES = [
    (aggregated(method="harmonic_mean", zero="floor"), ("/root/aggregation/floor", "required")),
    (aggregated(method="owa", weights=[1, 2]), ("/root/aggregation/weights", "wrong_length")),
    (aggregated(method="owa", weights=[0, 0, 0]), ("/root/aggregation/weights", "all_weights_zero")),
    (aggregated(method="owa", weights=[-1, 2, 3]), ("/root/aggregation/weights/0", "out_of_range")),
    (aggregated(method="formula", expression="a + nobody"), ("/root/aggregation/expression", "unknown_name")),
    (aggregated(method="formula", expression="a + ("), ("/root/aggregation/expression", "bad_formula")),
    (aggregated(method="min_penalised"), ("/root/aggregation/lambda", "required")),
    (aggregated(method="copeland"), ("/root/aggregation", "needs_relative_mode")),
    (weighed(method="rank_sum", ranks=[1, 2]), (f"{ROOT_WEIGHTS}/ranks", "wrong_length")),
    (weighed(method="rank_order_centroid", ranks=[1]), (f"{ROOT_WEIGHTS}/ranks", "wrong_length")),
    (weighed(method="budget_allocation", allocations=[[1, 2]]), (f"{ROOT_WEIGHTS}/allocations/0", "wrong_length")),
    (
        weighed(method="budget_allocation", allocations=[[0, 0, 0]]),
        (f"{ROOT_WEIGHTS}/allocations/0", "all_weights_zero"),
    ),
    (weighed(method="ahp", matrices=[[[1]]]), (f"{ROOT_WEIGHTS}/matrices/0", "wrong_length")),
    (weighed(method="ahp", matrices=[[[1, 1]] * 3]), (f"{ROOT_WEIGHTS}/matrices/0/0", "not_square")),
    (weighed(method="ahp", matrices=[[[1, 0, 1]] * 3]), (f"{ROOT_WEIGHTS}/matrices/0/0", "not_positive")),
    (weighed(method="entropy"), (ROOT_WEIGHTS, "needs_relative_mode")),
    (
        lambda d: normalise(d, {"method": "categorical", "breaks": [2, 1], "values": [0, 1, 2]}),
        (f"{NORMALISATION}/breaks", "not_ascending"),
    ),
    (
        lambda d: normalise(d, {"method": "categorical", "breaks": [1, 2], "values": [0, 1]}),
        (f"{NORMALISATION}/values", "wrong_length"),
    ),
    (
        lambda d: normalise(d, {"method": "value_function", "points": [[1, 0], [1, 5]]}),
        (f"{NORMALISATION}/points", "not_ascending"),
    ),
    (
        lambda d: relative(d, treatment={"method": "percentile_winsorise", "low": 98}),
        ("/root/children/0/indicator/treatment/low", "low_not_below_high"),
    ),
    (lambda d: d["root"]["children"][0].update(weight=1e101), ("/root/children/0/weight", "too_large")),
    (weighed(method="ahp", matrices=[[[1, 1e10, 1]] * 3]), (f"{ROOT_WEIGHTS}/matrices/0/0", "not_positive")),
    (lambda d: relative(d, missing="guess"), ("/root/children/0/indicator/missing", "unknown_method")),
    (
        lambda d: d["root"]["children"][2]["indicator"].update(
            rater_aggregation={"method": "by_group", "weights": {"staff": 0}}
        ),
        ("/root/children/2/indicator/rater_aggregation/weights", "all_weights_zero"),
    ),
    (
        lambda d: [
            normalise(d, {"method": "value_function", "points": [[-1, 0], [1, 5]]}),
            d["root"]["children"][0]["indicator"].update(transform="sqrt"),
        ],
        (f"{NORMALISATION}/points", "outside_domain"),
    ),
]


def goalposts(data, **ends):
    normalise(data, {"method": "goalposts", **ends})


def logarithm(data, **ends):
    goalposts(data, **ends)
    data["root"]["children"][0]["indicator"]["transform"] = "ln"


def normalise(data, step):
    data["root"]["children"][0]["indicator"]["normalisation"] = step


def question(data):
    return data["root"]["children"][2]["indicator"]["questions"][0]


def scale(data, **written):
    data["response_scales"]["likert5"] = written


@pytest.mark.parametrize(
    ("spoil", "found"),
    MISTAKES + MORE_MISTAKES,
    ids=[f"{row}:{found[1]}" for row, (_, found) in enumerate(MISTAKES + MORE_MISTAKES)],
)
def test_every_mistake_has_a_code_and_a_pointer(spoil, found):
    data = document(leaf("a"), leaf("b"), asked("q", "Q1"))
    parse(deepcopy(data))

    spoil(data)

    assert found in problems(data)
    assert [problem for problem in refused(data) if not isinstance(problem.detail, Sentence)] == []


def test_ten_thousand_deep_is_refused_without_a_crash():
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]

    assert problems(document(nested(10_000)))[0][1] == "too_deep"
    assert problems({**document(leaf("a")), "sources": deep})[0][1] == "too_deep"
    with pytest.raises(DocumentInvalid):
        parse(document(nested(10_000)))


def test_problems_are_told_together_up_to_a_limit():
    data = document(*(leaf(f"c{row}", weight=-1) for row in range(MOST_PROBLEMS + 30)))

    assert len(problems(data)) == MOST_PROBLEMS


def test_a_long_value_is_not_repeated_in_full():
    with pytest.raises(DocumentInvalid) as refused:
        parse(document(leaf("a"), mode="x" * 10_000))

    assert len(refused.value.problems[0].detail) <= 300
