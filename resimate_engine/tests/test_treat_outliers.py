"""Treatment of outliers, one behaviour a test."""

import math

import pytest

from resimate_engine.tests.documents import document, leaf, results, unit
from resimate_engine.treatment import Shape, shape

pytestmark = pytest.mark.requirement("CMS-002")
OUTLIER = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100]


def treated(treatment, *measured):
    data = document(leaf("x", treatment=treatment), mode="relative")
    units = [unit(f"u{row}", x=value) for row, value in enumerate(measured)]
    return [result["treated"]["x"] for result in results(data, *units, include=("treated",))]


def test_skewness_and_kurtosis_are_of_type_two():
    found = shape([1.0, 2.0, 3.0, 4.0, 10.0])

    assert found.skew == pytest.approx(1.6970562748477143, rel=1e-14)  # Excel: SKEW
    assert found.kurtosis == pytest.approx(3.152, rel=1e-14)  # Excel: KURT


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 9.0], [5.0, 5.0, 5.0, 5.0]])
def test_too_few_or_equal_values_have_no_shape_and_pass(values):
    assert math.isnan(shape(values).skew)
    assert shape(values).passes(2, 3.5)


@pytest.mark.parametrize("unit", [1e-100, 1e-300, 1e80, 1e300])
def test_the_shape_does_not_depend_on_the_unit(unit):
    assert shape([number * unit for number in (1.0, 2.0, 3.0, 4.0, 10.0)]).kurtosis == pytest.approx(3.152, rel=1e-12)


def test_distances_beyond_the_doubles_have_no_shape():
    assert math.isnan(shape([1.7e308, 1.7e308, 1.7e308, -1.7e308]).skew)


def test_either_measure_is_enough_to_pass():
    assert Shape(9.0, 3.0).passes(2, 3.5)
    assert Shape(-1.0, 9.0).passes(2, 3.5)
    assert not Shape(-9.0, 9.0).passes(2, 3.5)


def test_the_largest_is_pulled_in_to_the_next():
    assert treated("winsorise", *OUTLIER) == [*OUTLIER[:9], 9]
    assert treated("winsorise", None, *OUTLIER) == [None, *OUTLIER[:9], 9]


def test_with_negative_skew_the_smallest_is():
    assert treated("winsorise", *(-value for value in OUTLIER)) == [*(-value for value in OUTLIER[:9]), -9]


def test_ties_are_pulled_in_together():
    values = [*range(1, 20), 500, 500]

    assert treated("winsorise", *values) == [*range(1, 20), 19, 19]


def test_values_without_outliers_stay():
    assert treated("winsorise", 1, 2, 3, 4) == [1, 2, 3, 4]
    assert treated("none", *OUTLIER) == OUTLIER


def test_what_steps_do_not_help_is_logged_from_the_original_values():
    once = {"method": "winsorise", "max_points": 0}

    found = treated(once, *OUTLIER)

    assert found == [pytest.approx(math.log(value - 1 + 0.99), rel=1e-14) for value in OUTLIER]


def test_or_the_steps_stay():
    assert treated({"method": "winsorise", "max_points": 0, "else": "none"}, *OUTLIER) == OUTLIER


def test_percentiles_pull_both_ends_in():
    assert treated({"method": "percentile_winsorise", "low": 25, "high": 75}, 0, 1, 2, 3, 4) == [1, 1, 2, 3, 3]
    assert treated("percentile_winsorise", *range(41)) == [1, *range(1, 40), 39]


def test_box_cox_shifts_and_bends():
    assert treated({"method": "box_cox", "lambda": 2}, 5, 6, 7) == pytest.approx([0, 1.5, 4], rel=1e-15)
    assert treated({"method": "box_cox", "lambda": 0}, 5, 6) == [0, pytest.approx(math.log(2), rel=1e-15)]


def test_box_cox_keeps_the_digits_of_what_is_small_beside_one():
    small = [0.0, 1e-12, 3e-12]

    assert treated({"method": "box_cox", "lambda": 2}, *small) == pytest.approx(small, rel=1e-11, abs=0)
    assert treated({"method": "box_cox", "lambda": 0}, *small) == pytest.approx(small, rel=1e-11, abs=0)


@pytest.mark.parametrize("treatment", ["winsorise", "percentile_winsorise", {"method": "box_cox", "lambda": 1}])
def test_no_values_at_all_are_no_reason_to_fail(treatment):
    assert treated(treatment, None, None) == [None, None]


def test_no_values_to_log_either():
    assert treated({"method": "winsorise", "skew": 0.1, "kurtosis": -9}, None) == [None]
