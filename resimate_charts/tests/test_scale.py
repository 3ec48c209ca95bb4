"""Bands are read from the unrounded value; numbers are written as exactly as the scale asks."""

import pytest

from resimate_charts import Band, Bar, Scale, bars, heat_table
from resimate_charts.bars import axis_labels
from resimate_charts.scale import write_share, write_ticks, write_with_band
from resimate_charts.tests.drawn import HOSTILE, SCORES, words
from resimate_charts.text_layout import text_width, wrap


@pytest.mark.parametrize(
    ("value", "band", "level"),
    [
        (0, "Critical", 1),
        (29.999, "Critical", 1),
        (30, "Low", 2),
        (64.99, "Moderate", 3),
        (80, "Strong", 5),
        (250, "Strong", 5),
    ],
)
def test_a_band_begins_at_its_start(value: float, band: str, level: int) -> None:
    assert (SCORES.band_name(value), SCORES.level(value)) == (band, level)


def test_below_the_first_band_there_is_none() -> None:
    assert (SCORES.band_name(-1), SCORES.level(-1)) == ("", 0)


def test_the_band_follows_the_unrounded_score() -> None:
    assert write_with_band(49.96, SCORES) == "50.0 Low"


@pytest.mark.parametrize(
    ("scale", "written"), [(Scale(0, 1), "0.962"), (Scale(1, 5), "0.96"), (Scale(), "1.0"), (Scale(decimals=0), "1")]
)
def test_a_scale_knows_its_decimals(scale: Scale, written: str) -> None:
    assert scale.write(0.962) == written


def test_ticks_are_written_exactly_and_no_longer() -> None:
    assert write_ticks([0, 50, 100]) == ["0", "50", "100"]
    assert write_ticks([0, 0.55, 1]) == ["0.00", "0.55", "1.00"]


def test_crowded_ticks_give_way_to_the_ends() -> None:
    drawn = "".join(axis_labels([0, 4, 8, 100], ["0", "40", "80", "1,000"], 10))

    assert words(f'<svg xmlns="http://www.w3.org/2000/svg">{drawn}</svg>') == ["0", "1,000"]


def test_there_is_no_share_of_nothing() -> None:
    assert (write_share(1, 4), write_share(1, 0)) == ("25 %", "")


def test_every_line_of_a_wrapped_name_fits() -> None:
    lines = wrap("Donaudampfschifffahrtsgesellschaftskapitän und noch viel mehr davon, bis es zu lang ist", 100, 13)

    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(text_width(line, 13) <= 100 for line in lines)


def test_wide_scripts_take_more_room() -> None:
    assert len(wrap("組織の強靭性評価", 60, 13)) > 1


def test_a_heat_table_is_a_table_with_scopes_and_band_words() -> None:
    table = heat_table([HOSTILE], ["Staff"], {(0, 0): 72.0}, SCORES, caption=HOSTILE)

    assert "<script" not in table
    assert '<th scope="row">' in table
    assert '<td class="b4">72.0<span class="vh"> Good</span></td>' in table


def test_the_table_of_bars_has_the_band_and_the_earlier_value() -> None:
    table = bars([Bar("People", 66.0, 61.2)], SCORES, title="Scores", previous_name="Autumn").table

    assert table.head == ("Name", "Score", "Band", "Autumn")
    assert table.rows == (("People", "66.0", "Good", "61.2"),)


def test_bands_outside_the_scale_are_cut_to_it() -> None:
    scale = Scale(0, 10, (Band(-5, "Low"), Band(5, "High"), Band(50, "Never")))

    assert scale.extents() == [(0, 5), (5, 10), (10, 10)]
