"""What all charts promise: a name, an escaped text, two widths, no colour that only a style sheet knows."""

from collections.abc import Callable

import pytest
from django.utils import translation
from django.utils.safestring import SafeString

from resimate_charts import (
    Bar,
    Chart,
    Count,
    Dots,
    Scale,
    Series,
    band_scale,
    bars,
    dots,
    funnel,
    radar,
    sparkline,
    stacked,
)
from resimate_charts.tests.drawn import HOSTILE, SCORES, SVG, parse, words

CHARTS: dict[str, Callable[[str], Chart]] = {
    "radar": lambda name: radar([Series(name, (10.0, 20.0, None, 90.0))], [name] * 4, SCORES, title=name),
    "radar of two": lambda name: radar([Series(name, (10.0, 20.0))], [name] * 2, SCORES, title=name),
    "bars": lambda name: bars([Bar(name, 40.0, 50.0)], SCORES, title=name, previous_name=name),
    "band_scale": lambda name: band_scale(40.0, SCORES, title=name, previous=50.0, previous_name=name),
    "funnel": lambda name: funnel([Count(name, 10), Count(name, 3)], title=name),
    "dots": lambda name: dots(
        [Dots(name, (10.0, 30.0), 20.0)], [name] * 2, SCORES, title=name, person_name=name, combined_name=name
    ),
    "stacked": lambda name: stacked([Count(name, 10), Count(name, 3)], title=name),
}


@pytest.fixture(params=CHARTS)
def draw(request: pytest.FixtureRequest) -> Callable[[str], Chart]:
    return CHARTS[request.param]


@pytest.mark.parametrize("width", ["svg", "narrow"])
def test_hostile_names_stay_text(draw: Callable[[str], Chart], width: str) -> None:
    svg = getattr(draw(HOSTILE), width)

    assert isinstance(svg, SafeString)
    assert "<script" not in svg
    assert parse(svg).findtext(f"{SVG}title") == HOSTILE


def test_it_is_one_image_with_a_name_and_a_description(draw: Callable[[str], Chart]) -> None:
    root = parse(draw("Spring").svg)

    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root.findtext(f"{SVG}desc")


def test_it_comes_in_two_widths(draw: Callable[[str], Chart]) -> None:
    chart = draw("Spring")

    assert parse(chart.svg).get("width") == "640"
    assert parse(chart.narrow).get("width") == "330"


def test_it_needs_no_style_sheet_and_breaks_no_content_policy(draw: Callable[[str], Chart]) -> None:
    elements = list(parse(draw("Spring").svg).iter())

    assert not [one.tag for one in elements if one.get("style") or one.tag == f"{SVG}style"]
    for shape in (one for one in elements if one.tag in {f"{SVG}rect", f"{SVG}text", f"{SVG}path"}):
        assert shape.get("fill") or shape.get("stroke")


def test_its_text_stays_inside_the_drawing(draw: Callable[[str], Chart]) -> None:
    for svg in (draw("A rather long name of a dimension").svg, draw("A rather long name of a dimension").narrow):
        width, height = (float(parse(svg).get(side, "0")) for side in ("width", "height"))
        for element in parse(svg).iter(f"{SVG}text"):
            assert 0 <= float(element.get("x", "-1")) <= width
            assert 0 <= float(element.get("y", "-1")) <= height


def test_its_table_has_a_cell_for_every_heading(draw: Callable[[str], Chart]) -> None:
    table = draw("Spring").table

    assert table.caption == "Spring"
    assert table.rows
    assert {len(row) for row in table.rows} == {len(table.head)}


def test_numbers_follow_the_language() -> None:
    with translation.override("de"):
        chart = bars([Bar("Werk", 1234.5)], Scale(0, 2000, decimals=1), title="Punkte")

    assert "1.234,5" in words(chart.svg)


def test_a_sparkline_escapes_its_title() -> None:
    svg = sparkline([1.0, 2.0], title=HOSTILE)

    assert "<script" not in svg
    assert parse(svg).findtext(f"{SVG}title") == HOSTILE
