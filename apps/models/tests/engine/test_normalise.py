"""Normalisation, one behaviour a test."""

import math

import pytest

from apps.models.tests.engine.documents import document, leaf, unit, values

pytestmark = pytest.mark.requirement("CMS-002")
GOALPOSTS = {"method": "goalposts", "low": 10, "high": 20}


def normalised(indicator, *measured, low=0, high=100, mode="absolute"):
    data = document(leaf("x", **indicator), scale={"low": low, "high": high}, mode=mode)
    return values(data, "x", *(unit(f"u{row}", x=value) for row, value in enumerate(measured)))


def test_goalposts_fill_the_scale_and_clip():
    assert normalised({"normalisation": GOALPOSTS}, 5, 10, 12.5, 20, 99) == [0, 0, 25, 100, 100]
    assert normalised({"normalisation": GOALPOSTS}, 15, low=-1, high=1) == [0]


def test_goalposts_may_leave_the_scale_open():
    assert normalised({"normalisation": {**GOALPOSTS, "clip": False}}, 5, 25) == [-50, 150]


def test_goalposts_go_through_the_transform_with_the_value():
    income = {"transform": "ln", "normalisation": {"method": "goalposts", "low": 1, "high": math.e**2}}

    assert normalised(income, math.e) == [pytest.approx(50, rel=1e-15)]


def test_a_value_outside_the_transform_is_null_with_a_reason():
    assert normalised({"transform": "ln"}, 0, -1, 1) == [None, None, 0]


def test_a_negative_direction_mirrors_goalposts():
    assert normalised({"direction": "negative", "normalisation": GOALPOSTS}, 5, 10, 12.5, 20) == [100, 100, 75, 0]


def test_min_max_spreads_the_units_over_the_scale():
    assert normalised({"normalisation": "min_max"}, 3, 7, None, 5, mode="relative") == [0, 100, None, 50]


def test_min_max_from_the_other_end():
    negative = {"direction": "negative", "normalisation": "min_max"}

    assert normalised(negative, 3, 7, 4, mode="relative") == [100, 0, 75]


def test_none_keeps_the_unit_and_the_sign_of_the_direction():
    assert normalised({}, 123.25) == [123.25]
    assert normalised({"direction": "negative"}, 123.25) == [-123.25]
