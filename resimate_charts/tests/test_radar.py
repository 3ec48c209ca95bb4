"""A radar of any number of axes can be read: no label touches another or lies on the web."""

import math
from itertools import combinations

import pytest

from resimate_charts import Series, radar
from resimate_charts.labels import Label, place_labels
from resimate_charts.radar import Web
from resimate_charts.tests.drawn import SCORES, with_class, words

NAMES = ["Leadership", "Information security and continuity of critical services", "Donaudampfschifffahrtsgesellschaft"]


def _names(count: int) -> list[str]:
    return [f"{NAMES[number % 3]} {number}" for number in range(count)]


def _box(label: Label) -> tuple[float, float, float, float]:
    left = {-1: label.x - label.width, 0: label.x - label.width / 2, 1: label.x}[label.side]
    return left, label.top, left + label.width, label.bottom


@pytest.mark.parametrize("count", range(3, 14))
def test_no_label_touches_another(count: int) -> None:
    labels = place_labels(Web(320, 0, 150, count), _names(count), ["62.4"] * count)

    for one, other in combinations(map(_box, labels), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize("count", range(3, 14))
def test_every_label_is_outside_the_web_and_inside_the_drawing(count: int) -> None:
    for label in place_labels(Web(320, 0, 150, count), _names(count), ["62.4"] * count):
        left, top, right, bottom = _box(label)
        nearest = math.hypot(max(left - 320, 320 - right, 0), max(top, -bottom, 0))
        assert nearest >= 150
        assert left >= 0
        assert right <= 640


@pytest.mark.parametrize("count", range(1, 16))
def test_every_name_and_value_is_shown(count: int) -> None:
    names = [f"Part {number}" for number in range(count)]
    values = tuple(float(number) for number in range(count))

    chart = radar([Series("Now", values)], names, SCORES, title="Profile")

    for svg in (chart.svg, chart.narrow):
        assert set(names) <= set(words(svg))
    assert [row[0] for row in chart.table.rows] == names
    assert [row[1] for row in chart.table.rows] == [f"{value:.1f}" for value in values]


@pytest.mark.parametrize("count", [1, 2, 14])
def test_what_is_no_polygon_is_drawn_as_bars(count: int) -> None:
    svg = radar(
        [Series("Now", (40.0,) * count), Series("Before", (50.0,) * count)], ["A"] * count, SCORES, title="P"
    ).svg

    assert len(with_class(svg, "f2")) == count
    assert "Before" in words(svg)


def test_series_differ_by_more_than_colour() -> None:
    svg = radar([Series(str(one), (10.0, 20.0, 30.0)) for one in range(6)], list("ABC"), title="Profile").svg
    lines = with_class(svg, "s-line")[:6]

    assert len({line.get("stroke-dasharray") for line in lines}) == 6


def test_a_seventh_series_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 6 series"):
        radar([Series("x", (1.0, 2.0, 3.0))] * 7, list("ABC"), title="Profile")


def test_a_series_must_fit_the_axes() -> None:
    with pytest.raises(ValueError, match="one value for each axis"):
        radar([Series("x", (1.0, 2.0))], list("ABC"), title="Profile")
