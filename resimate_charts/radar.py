"""A profile over several dimensions, from 3 to 13 of them; with fewer or more the same values are drawn as bars.

The wide drawing writes each name and value beside its axis and moves them apart where they would touch. The narrow
one numbers the axes and lists them below, so no name is ever cut by the edge of a phone.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from resimate_charts.bars import Bar, bars
from resimate_charts.canvas import (
    GRID,
    MUTED,
    NARROW,
    SERIES,
    SURFACE,
    WIDE,
    Chart,
    Table,
    drawing,
    element,
    join,
    line,
    marker,
    short,
    text,
)
from resimate_charts.labels import Label, Listed, column_edge, draw_labels, place_labels
from resimate_charts.legend import keys, series_sample, stroke_of
from resimate_charts.scale import Scale, Value, number_of, write_ticks, write_value
from resimate_charts.text_layout import wrap

FEWEST, MOST = 3, 13
RINGS = (0.25, 0.5, 0.75, 1.0)
SIZE = 13.0


@dataclass(frozen=True, slots=True)
class Series:
    """One value for each axis. The first series of a chart is the one it is about."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Web:
    """The axes on paper: the first points up, the others follow clockwise."""

    x: float
    y: float
    radius: float
    axes: int

    def angle(self, axis: int) -> float:
        return 2 * math.pi * axis / self.axes - math.pi / 2

    def point(self, axis: int, share: float) -> tuple[float, float]:
        angle = self.angle(axis)
        return self.x + self.radius * share * math.cos(angle), self.y + self.radius * share * math.sin(angle)


def radar(
    series: Sequence[Series], axes: Sequence[str], scale: Scale | None = None, *, title: str, description: str = ""
) -> Chart:
    scale = scale or Scale()
    _check(series, axes)
    description = description or _describe(series, axes, scale)
    if not FEWEST <= len(axes) <= MOST:
        return _as_bars(series, axes, scale, title, description)
    return Chart(
        title,
        _wide(series, axes, scale, title, description),
        _narrow(series, axes, scale, title, description),
        _table(series, axes, scale, title),
    )


def _check(series: Sequence[Series], axes: Sequence[str]) -> None:
    if not 1 <= len(series) <= len(SERIES):
        raise ValueError(f"a radar shows 1 to {len(SERIES)} series")
    if any(len(one.values) != len(axes) for one in series):
        raise ValueError("every series needs one value for each axis")


def _describe(series: Sequence[Series], axes: Sequence[str], scale: Scale) -> str:
    return "; ".join(
        f"{one.name}: "
        + ", ".join(f"{axis} {write_value(value, scale)}" for axis, value in zip(axes, one.values, strict=True))
        for one in series
    )


def _as_bars(series: Sequence[Series], axes: Sequence[str], scale: Scale, title: str, description: str) -> Chart:
    earlier = series[1] if len(series) > 1 else None
    rows = [
        Bar(axis, series[0].values[index], earlier.values[index] if earlier else None)
        for index, axis in enumerate(axes)
    ]
    drawn = bars(rows, scale, title=title, description=description, previous_name=earlier.name if earlier else "")
    return Chart(title, drawn.svg, drawn.narrow, _table(series, axes, scale, title))


def _wide(series: Sequence[Series], axes: Sequence[str], scale: Scale, title: str, description: str) -> SafeString:
    web = Web(WIDE / 2, 0.0, 150.0, len(axes))
    labels = place_labels(web, axes, [write_value(value, scale) for value in series[0].values])
    top = min(-web.radius, *(label.top for label in labels)) - 4
    bottom = max(web.radius, *(label.bottom for label in labels)) + 4
    web, labels = _move(web, labels, -top)
    legend, legend_height = _legend(series, WIDE, bottom - top + 10)
    parts = [*_grid(web, scale), *_shapes(web, series, scale), *draw_labels(web, labels), legend]
    return drawing(WIDE, bottom - top + 10 + legend_height, title, description, parts)


def _move(web: Web, labels: Sequence[Label], down: float) -> tuple[Web, list[Label]]:
    return Web(web.x, web.y + down, web.radius, web.axes), [label.moved(down) for label in labels]


def _narrow(series: Sequence[Series], axes: Sequence[str], scale: Scale, title: str, description: str) -> SafeString:
    web = Web(NARROW / 2, 142.0, 116.0, len(axes))
    numbers = [
        text(x, y + 4.5, str(axis + 1), size=SIZE, anchor="middle", weight=650)
        for axis in range(len(axes))
        for x, y in [web.point(axis, 1 + 15 / web.radius)]
    ]
    legend, legend_height = _legend(series, NARROW, 286)
    top = 286 + legend_height + (8 if legend_height else 0)
    listed, height = _listed(series, axes, scale, top)
    parts = [*_grid(web, scale), *_shapes(web, series, scale), *numbers, legend, *listed]
    return drawing(NARROW, height, title, description, parts)


def _listed(series: Sequence[Series], axes: Sequence[str], scale: Scale, top: float) -> tuple[list[SafeString], float]:
    drawn = []
    if len(series) > 1:
        drawn = [marker(column_edge(number, NARROW) - 12, top + 4, number) for number in range(2)]
        top += 14
    for index, axis in enumerate(axes):
        values = [write_value(one_series.values[index], scale) for one_series in series[:2]]
        rows = Listed(tuple(wrap(axis, 210 if len(values) < 2 else 164, SIZE)), tuple(values))
        drawn.append(rows.draw(index + 1, top, NARROW))
        top += rows.height
    return drawn, top


def _legend(series: Sequence[Series], width: float, top: float) -> tuple[SafeString, float]:
    if len(series) < 2:
        return join(()), 0.0
    return keys([(series_sample(index), one.name) for index, one in enumerate(series)], width, top)


def _grid(web: Web, scale: Scale) -> Iterable[SafeString]:
    for share in RINGS:
        corners = " ".join(f"{short(x)},{short(y)}" for x, y in (web.point(axis, share) for axis in range(web.axes)))
        yield element("polygon", points=corners, class_="g-line", fill="none", stroke=GRID)
    for axis in range(web.axes):
        yield line(web.x, web.y, *web.point(axis, 1.0))


def _ring_words(web: Web, scale: Scale) -> Iterable[SafeString]:
    ticks = [scale.low + (scale.high - scale.low) * share for share in RINGS[1::2]]
    for share, word in zip(RINGS[1::2], write_ticks(ticks), strict=True):
        _, y = web.point(0, share)
        yield element(
            "text",
            word,
            x=web.x + 5,
            y=y + 12,
            class_="t-muted t-halo",
            fill=MUTED,
            stroke=SURFACE,
            stroke_width=3,
            paint_order="stroke",
            font_size=10.5,
        )


def _shapes(web: Web, series: Sequence[Series], scale: Scale) -> Iterable[SafeString]:
    """Draw the first series last, so that it lies on top."""
    for index in reversed(range(len(series))):
        points = _points(web, series[index], scale)
        if index == 0:
            yield _area(web, points)
            yield from _ring_words(web, scale)
        yield stroke_of(index, _outline(points))
        yield from _marks(index, series[index], points, scale)


def _points(web: Web, one: Series, scale: Scale) -> list[tuple[float, float] | None]:
    numbers = [number_of(value) for value in one.values]
    return [None if number is None else web.point(axis, scale.share(number)) for axis, number in enumerate(numbers)]


def _sides(points: Sequence[tuple[float, float] | None]) -> Iterable[tuple[tuple[float, float], tuple[float, float]]]:
    """Return the pairs of neighbours that both have a value; a gap leaves two sides out."""
    for start, end in pairwise([*points, points[0]]):
        if start and end:
            yield start, end


def _area(web: Web, points: Sequence[tuple[float, float] | None]) -> SafeString:
    path = "".join(
        f"M{short(web.x)} {short(web.y)}L{short(a)} {short(b)}L{short(c)} {short(d)}z"
        for (a, b), (c, d) in _sides(points)
    )
    return element("path", d=path or None, class_="s1 s-fill", fill=SERIES[0], fill_opacity="0.18")


def _outline(points: Sequence[tuple[float, float] | None]) -> str:
    return "".join(f"M{short(a)} {short(b)}L{short(c)} {short(d)}" for (a, b), (c, d) in _sides(points)) or "M0 0"


def _marks(index: int, one: Series, points: Sequence[tuple[float, float] | None], scale: Scale) -> Iterable[SafeString]:
    for value, point in zip(one.values, points, strict=True):
        number = number_of(value)
        if point and number is not None:
            yield marker(*point, index, hollow=not scale.contains(number))


def _table(series: Sequence[Series], axes: Sequence[str], scale: Scale, title: str) -> Table:
    rows = zip(axes, *(one.values for one in series), strict=True)
    head = (_("Dimension"), *(one.name for one in series))
    return Table(title, head, tuple((axis, *(write_value(value, scale) for value in values)) for axis, *values in rows))
