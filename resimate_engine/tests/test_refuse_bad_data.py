"""Data that cannot be scored is refused with pointers, never scored as something else."""

import pytest

from resimate_engine import DataInvalid, score
from resimate_engine.document import parse
from resimate_engine.tests.documents import answered, asked, document, leaf, unit

pytestmark = pytest.mark.requirement("CMS-002")
MODEL = parse(document(leaf("a"), asked("q", "Q1", "Q2")))


def refusals(units, options=None):
    with pytest.raises(DataInvalid) as refused:
        score(MODEL, units, options)
    return [(problem.pointer, problem.code) for problem in refused.value.problems]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400])
def test_numbers_that_are_not_finite(value):
    assert refusals([unit("x"), unit("y", a=value)]) == [("/units/1/values/a", "not_finite")]


@pytest.mark.parametrize("value", ["12", True, [1], {"b": 1}, "n/a"])
def test_values_that_are_no_numbers(value):
    assert refusals([unit(a=value)]) == [("/units/0/values/a", "not_a_number")]


@pytest.mark.parametrize("value", [0, 6, 2.5, "3", True, [3], {}, float("nan")])
def test_answers_that_the_scale_does_not_offer(value):
    assert refusals([answered({"Q2": value})]) == [("/units/0/responses/0/answers/Q2", "answer_off_scale")]


def test_a_number_that_is_not_finite_where_nobody_reads_it():
    assert refusals([unit(other=float("nan"))]) == [("/units", "not_json")]


def test_every_answer_off_the_scale_is_told_beside_the_good_ones():
    units = [answered({"Q1": 9, "Q2": 3}, {"Q1": 2, "Q2": "x"}), {**answered({"Q1": 0}), "id": "v"}]

    assert sorted(refusals(units)) == [
        ("/units/0/responses/0/answers/Q1", "answer_off_scale"),
        ("/units/0/responses/1/answers/Q2", "answer_off_scale"),
        ("/units/1/responses/0/answers/Q1", "answer_off_scale"),
    ]


def test_units_that_share_an_id():
    assert refusals([unit("x"), unit("y"), unit("x")]) == [("/units/2/id", "duplicate_id")]


def test_raters_with_two_responses():
    twice = {"rater": "r", "answers": {}}

    assert refusals([{"id": "u", "responses": [twice, twice]}]) == [("/units/0/responses/1/rater", "duplicate_rater")]


@pytest.mark.parametrize(
    ("units", "found"),
    [
        ("text", ("/units", "not_a_list")),
        ({"id": "u"}, ("/units", "not_a_list")),
        ([7], ("/units/0", "not_an_object")),
        ([{}], ("/units/0/id", "bad_id")),
        ([{"id": ""}], ("/units/0/id", "bad_id")),
        ([{"id": 7}], ("/units/0/id", "bad_id")),
        ([{"id": "u", "valeus": {}}], ("/units/0/valeus", "unknown_key")),
        ([{"id": "u", "group": 7}], ("/units/0/group", "not_text")),
        ([{"id": "u", "values": [1]}], ("/units/0/values", "not_an_object")),
        ([{"id": "u", "responses": {"r": 1}}], ("/units/0/responses", "not_a_list")),
        ([{"id": "u", "responses": [7]}], ("/units/0/responses/0", "not_an_object")),
        ([{"id": "u", "responses": [{"answers": [1]}]}], ("/units/0/responses/0/answers", "not_an_object")),
        ([{"id": "u", "responses": [{"rater": 1, "answers": {}}]}], ("/units/0/responses/0/rater", "not_text")),
        ([{"id": "u", "responses": [{"answer": 1, "answers": {}}]}], ("/units/0/responses/0/answer", "unknown_key")),
    ],
)
def test_units_of_another_shape(units, found):
    assert refusals(units) == [found]


def test_options_that_do_not_exist():
    assert refusals([], {"includes": []}) == [("/options/includes", "unknown_key")]
    assert refusals([], {"include": "nodes"}) == [("/options/include", "not_a_list")]
    assert refusals([], {"include": ["nodes", "ranks"]}) == [("/options/include/1", "unknown_part")]


def test_many_problems_are_reported_up_to_a_limit():
    assert len(refusals([unit(str(row), a="x") for row in range(200)])) == 50


def test_a_problem_says_where_in_its_message():
    with pytest.raises(DataInvalid, match="/units/0/values/a: a value must be a number"):
        score(MODEL, [unit(a="x")])
