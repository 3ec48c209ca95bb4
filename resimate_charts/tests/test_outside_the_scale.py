"""A value outside the scale is drawn at its edge, marked, and printed as it is."""

import pytest

from resimate_charts import Bar, Scale, Series, band_scale, bars, radar
from resimate_charts.tests.drawn import SCORES, with_class, words


@pytest.mark.parametrize(("value", "written"), [(130.0, "130.0"), (-5.0, "-5.0")])
def test_a_bar_is_cut_and_points_out(value: float, written: str) -> None:
    svg = bars([Bar("People", value)], SCORES, title="Scores").svg

    assert written in words(svg)
    assert len(with_class(svg, "m-chevron")) == 1


def test_a_bar_inside_does_not_point_out() -> None:
    assert not with_class(bars([Bar("People", 100.0)], SCORES, title="Scores").svg, "m-chevron")


def test_a_radar_marks_it_with_a_hollow_point() -> None:
    svg = radar([Series("Now", (130.0, 50.0, -5.0))], list("ABC"), SCORES, title="Profile").svg

    assert len(with_class(svg, "s-hollow")) == 2
    assert {"130.0", "-5.0"} <= set(words(svg))


def test_the_marker_stays_on_the_strip() -> None:
    svg = band_scale(130.0, SCORES, title="Score").svg
    (pointer,) = with_class(svg, "m-ink")

    assert pointer.get("d", "").startswith("M639 ")
    assert "130.0" in words(svg)


def test_bars_begin_at_zero_where_zero_is_inside() -> None:
    svg = bars([Bar("Below", -1.0), Bar("Above", 1.0)], Scale(-2, 2), title="z").svg
    below, above = with_class(svg, "s-fill")

    assert float(below.get("x", "0")) + float(below.get("width", "0")) == pytest.approx(
        float(above.get("x", "0")), abs=0.2
    )
