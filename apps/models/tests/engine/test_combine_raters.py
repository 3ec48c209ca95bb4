"""Several raters as one, by every method."""

import pytest

from apps.models.tests.engine.documents import answered, asked, document, results

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
