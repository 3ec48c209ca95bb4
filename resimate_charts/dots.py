"""What several people say about the same things: a dot for each of them, and a mark for all together."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from resimate_charts.bars import NARROW_LAYOUT, SIZE, WIDE_LAYOUT, Layout, axis_labels
from resimate_charts.canvas import (
    EDGE,
    GRID,
    INK,
    MARKERS,
    SERIES,
    SURFACE,
    Chart,
    Table,
    drawing,
    element,
    join,
    line,
    line_height,
    lines,
    short,
    text,
)
from resimate_charts.legend import keys
from resimate_charts.scale import Scale, write_ticks
from resimate_charts.text_layout import wrap


@dataclass(frozen=True, slots=True)
class Dots:
    """One thing: what each person says, in the order of their names, and what all say together."""

    name: str
    values: tuple[float, ...]
    combined: float


def dots(
    rows: Sequence[Dots],
    people: Sequence[str],
    scale: Scale,
    *,
    title: str,
    person_name: str,
    combined_name: str,
    description: str = "",
) -> Chart:
    """Draw a line for each row; the key calls a dot ``person_name`` and the mark ``combined_name``."""
    description = description or "; ".join(f"{row.name}: {scale.write(row.combined)}" for row in rows)

    def draw(layout: Layout) -> SafeString:
        drawn, top = [], 4.0
        for row in rows:
            names = wrap(row.name, layout.name_width, SIZE)
            drawn.append(_row(row, names, scale, layout, top))
            top += _height(names, layout)
        key, key_height = keys([(_dot, person_name), (_mark, combined_name)], layout.width, top + 26)
        parts = [_axis(scale, layout, top), *drawn, key]
        return drawing(layout.width, top + 28 + key_height, title, description, parts)

    head = (_("Name"), combined_name, *people)
    table = tuple((row.name, scale.write(row.combined), *map(scale.write, row.values)) for row in rows)
    return Chart(title, draw(WIDE_LAYOUT), draw(NARROW_LAYOUT), Table(title, head, table))


def _height(names: Sequence[str], layout: Layout) -> float:
    block = len(names) * line_height(SIZE)
    return block + 34 if layout.stacked else max(36.0, block + 14)


def _row(row: Dots, names: Sequence[str], scale: Scale, layout: Layout, top: float) -> SafeString:
    """On a phone the name stands above its line."""
    block = len(names) * line_height(SIZE)
    middle = top + block + 14 if layout.stacked else top + _height(names, layout) / 2
    first = top + 14 if layout.stacked else middle + SIZE * 0.36 - (len(names) - 1) * line_height(SIZE) / 2
    value = scale.write(row.combined)
    score = (
        text(layout.right, top + 14, value, size=SIZE, anchor="end", weight=600)
        if layout.stacked
        else text(layout.right + 14, middle + SIZE * 0.36 + 0.5, value, size=15, weight=650)
    )
    places = [layout.x(scale.share(value_of_expert)) for value_of_expert in row.values]
    return join(
        (
            lines(0, first, names, size=SIZE),
            line(min(places), middle, max(places), middle, css_class="g-edge", colour=EDGE, width=2),
            *(_point(x, middle) for x in places),
            _diamond(layout.x(scale.share(row.combined)), middle),
            score,
        )
    )


def _point(x: float, y: float) -> SafeString:
    return element(
        "circle", cx=x, cy=y, r=4.5, class_="s3 s-fill t-halo", fill=SERIES[2], stroke=SURFACE, stroke_width=1.5
    )


def _diamond(x: float, y: float) -> SafeString:
    path = f"M{short(x)} {short(y)}{MARKERS[3]}"
    return element("path", d=path, class_="m-ink", fill=INK, stroke=SURFACE, stroke_width=1.5)


def _dot(x: float, y: float) -> SafeString:
    return _point(x + 13, y)


def _mark(x: float, y: float) -> SafeString:
    return _diamond(x + 13, y)


def _axis(scale: Scale, layout: Layout, bottom: float) -> SafeString:
    ticks = scale.ticks()
    places = [layout.x(scale.share(tick)) for tick in ticks]
    rules = [line(x, 2, x, bottom, colour=GRID) for x in places]
    return join([*rules, *axis_labels(places, write_ticks(ticks), bottom + 13)])
