"""Several raters as one, by every method."""

import pytest

from resimate_engine import score
from resimate_engine.document import parse
from resimate_engine.raters import Rating, by_group
from resimate_engine.registry import lookup
from resimate_engine.tests.documents import answered, asked, document, results

pytestmark = pytest.mark.requirement("CMS-002")


def combined(method, *answers, groups=()):
    data = document(asked("q", "Q1", rater_aggregation=method))
    [result] = results(data, answered(*({"Q1": answer} for answer in answers), groups=groups))
    return result["score"]


def test_mean_and_median():
    assert combined("mean", 1, 1, 5, 5) == 50.0
    assert combined("median", 1, 2, 5) == 25.0
    assert combined("median", 1, 2, 3, 5) == 37.5


def test_a_trimmed_mean_drops_both_ends():
    assert combined({"method": "trimmed_mean", "share": 0.2}, 1, 3, 3, 3, 5) == 50.0
    assert combined({"method": "trimmed_mean", "share": 0.1}, 1, 3) == 25.0


def test_a_big_group_does_not_drown_a_small_one():
    equal = {"method": "by_group", "weights": {"staff": 1, "board": 1}}
    groups = ("staff", "staff", "staff", "board")

    assert combined("mean", 1, 1, 1, 5, groups=groups) == 25.0
    assert combined(equal, 1, 1, 1, 5, groups=groups) == 50.0
    assert combined({**equal, "weights": {"staff": 3, "board": 1}}, 1, 1, 1, 5, groups=groups) == 25.0


def test_within_a_group_the_median_may_count():
    assert combined({"method": "by_group", "weights": {"g": 1}, "within": "median"}, 1, 1, 5, groups=("g",) * 3) == 0.0


def test_raters_of_no_group_with_a_weight_do_not_count():
    by_group = {"method": "by_group", "weights": {"staff": 1, "guest": 0}}

    assert combined(by_group, 5, 1, 1, groups=("staff", None, "guest")) == 100.0
    assert combined(by_group, 1, 1, groups=(None, "guest")) is None


def test_groups_without_a_weight_and_raters_without_a_group_do_not_count():
    by_group = lookup("rater_aggregation", "by_group").function
    ratings = [Rating(10.0, "a"), Rating(30.0, "a"), Rating(90.0, "b"), Rating(99.0, "c"), Rating(0.0, None)]

    assert by_group(ratings, weights={"a": 1, "b": 3, "c": 0}, within="mean") == 72.5
    assert by_group(ratings, weights={"c": 0, "d": 1}, within="mean") is None


def test_the_share_that_is_trimmed_is_of_all_raters():
    trimmed_mean = lookup("rater_aggregation", "trimmed_mean").function
    ratings = [Rating(value, None) for value in (0.0, 1.0, 50.0, 60.0, 70.0, 80.0, 90.0, 98.0, 99.0, 100.0)]

    assert trimmed_mean(ratings, share=0.2) == (50 + 60 + 70 + 80 + 90 + 98) / 6
    assert trimmed_mean(ratings, share=0.05) == 64.8


BY_GROUP = {"rater_aggregation": {"method": "by_group", "weights": {"Management": 3, "Staff": 1}}}


@pytest.mark.parametrize(
    "spelling", ["management", "MANAGEMENT", " Management ", "Manage\u00admENT", "\uff2danagement"]
)
def test_a_group_is_the_same_however_it_is_spelt(spelling: str) -> None:
    unit = answered({"Q1": 5}, {"Q1": 1}, groups=(spelling, "Staff"))

    found = score(parse(document(asked("a", "Q1", **BY_GROUP))), [unit])

    assert (found.results[0]["score"], found.warnings) == (75.0, [])


def test_raters_whose_group_has_no_weight_are_named_with_their_number() -> None:
    unit = answered({"Q1": 5}, {"Q1": 5}, {"Q1": 3}, {"Q1": 1}, groups=("Board", "Board", None, "Staff"))

    found = score(parse(document(asked("a", "Q1", **BY_GROUP))), [unit])

    assert found.results[0]["score"] == 0.0
    assert [(one["code"], one["detail"]) for one in found.warnings] == [
        (
            "group_without_weight",
            "a: the group 'Board' has no weight, so its raters do not count: 2",
        ),
        ("group_without_weight", "a: raters without a group do not count: 1"),
    ]


def test_a_mean_over_groups_with_decimal_weights_is_exact() -> None:
    assert by_group([Rating(30.0, "a"), Rating(60.0, "b")], weights={"a": 0.1, "b": 0.2}, within="mean") == 50.0
