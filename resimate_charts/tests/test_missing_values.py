"""A missing value is a gap with words, never a zero."""

import math

import pytest

from resimate_charts import (
    Bar,
    Count,
    Gap,
    Scale,
    Series,
    Value,
    band_scale,
    bars,
    funnel,
    heat_table,
    radar,
    sparkline,
)
from resimate_charts.tests.drawn import SCORES, parse, with_class, words

GAPS: list[Value] = [None, Gap.NO_DATA, math.nan, math.inf, -math.inf]


@pytest.mark.parametrize("gap", GAPS)
def test_a_bar_without_value_is_not_drawn(gap: Value) -> None:
    chart = bars([Bar("People", gap)], SCORES, title="Scores")

    assert "no data" in words(chart.svg)
    assert not [level for level in range(1, 6) if with_class(chart.svg, f"f{level}")]
    assert chart.table.rows == (("People", "no data", ""),)


def test_zero_is_a_value() -> None:
    chart = bars([Bar("People", 0.0)], SCORES, title="Scores")

    assert len(with_class(chart.svg, "f1")) == 1
    assert chart.table.rows == (("People", "0.0", "Critical"),)


def test_what_too_few_people_answered_says_so() -> None:
    chart = bars([Bar("People", Gap.HIDDEN)], SCORES, title="Scores")

    assert "too few answers" in " ".join(words(chart.svg))
    assert "no data" not in words(chart.svg)


@pytest.mark.parametrize("gap", GAPS)
def test_a_radar_leaves_out_the_sides_that_end_at_a_gap(gap: Value) -> None:
    whole = radar([Series("Now", (50.0, 60.0, 70.0, 80.0))], list("ABCD"), title="Profile").svg
    broken = radar([Series("Now", (50.0, gap, 70.0, 80.0))], list("ABCD"), title="Profile").svg

    assert _sides(whole) == 4
    assert _sides(broken) == 2
    assert len(with_class(broken, "t-halo")) == len(with_class(whole, "t-halo")) - 1
    assert words(broken).count("no data") == 1


def _sides(svg: str) -> int:
    (outline,) = with_class(svg, "s-line")
    return outline.get("d", "").count("L")


def test_a_radar_without_any_value_still_shows_its_axes() -> None:
    chart = radar([Series("Now", (None, None, None))], ["People", "Finance", "Supply"], title="Profile")

    assert {"People", "Finance", "Supply"} <= set(words(chart.svg))
    assert words(chart.svg).count("no data") == 3


def test_a_scale_without_score_has_no_marker() -> None:
    chart = band_scale(None, SCORES, title="Score")

    assert "no data" in words(chart.svg)
    assert not with_class(chart.svg, "m-ink")


def test_a_gap_breaks_the_sparkline() -> None:
    assert len(with_class(sparkline([1, 2, None, 3, 4], title="Trend"), "s-line")) == 2
    assert len(with_class(sparkline([1, 2, 3, 4], title="Trend"), "s-line")) == 1


@pytest.mark.parametrize("values", [[], [None], [5.0], [5.0, 5.0]])
def test_a_sparkline_copes_with_little(values: list[Value]) -> None:
    assert parse(sparkline(values, title="Trend")).get("role") == "img"


def test_heat_cells_tell_no_data_from_hidden() -> None:
    table = heat_table(["People"], ["Staff", "Board"], [[None, Gap.HIDDEN]], SCORES, caption="Groups")

    assert table.count("gap-hidden") == 2  # the cell and the key
    assert "no data" in table
    assert "0.0" not in table


def test_nobody_invited_is_no_division() -> None:
    chart = funnel([Count("Invited", 0), Count("Submitted", 0)], title="Answers")

    assert chart.table.rows == (("Invited", "0", ""), ("Submitted", "0", ""))


def test_a_scale_must_rise() -> None:
    with pytest.raises(ValueError, match="rise"):
        Scale(5, 5)
