"""Scores side by side, as horizontal bars in the colour of their band."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from resimate_charts.canvas import (
    EDGE,
    GRID,
    NARROW,
    RAMP,
    SERIES,
    SURFACE,
    TRACK,
    WIDE,
    Chart,
    Table,
    diamond,
    drawing,
    element,
    join,
    line,
    line_height,
    lines,
    text,
)
from resimate_charts.legend import earlier_sample, keys
from resimate_charts.scale import Scale, Value, gap_text, number_of, write_ticks, write_value, write_with_band
from resimate_charts.text_layout import text_width, wrap

SIZE, THICK = 13.0, 16.0


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    value: Value
    previous: Value = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a row lie; on a phone the name stands above its bar."""

    width: float
    left: float
    right: float
    name_width: float
    stacked: bool

    def x(self, share: float) -> float:
        return self.left + share * (self.right - self.left)


WIDE_LAYOUT = Layout(WIDE, left=196, right=500, name_width=184, stacked=False)
NARROW_LAYOUT = Layout(NARROW, left=1, right=NARROW - 1, name_width=200, stacked=True)


def bars(
    rows: Sequence[Bar],
    scale: Scale | None = None,
    *,
    title: str,
    description: str = "",
    value_name: str = "",
    previous_name: str = "",
) -> Chart:
    """Draw one bar for each row, in the order given; ``previous_name`` names the earlier wave, if there is one."""
    scale = scale or Scale()
    description = description or "; ".join(f"{row.name}: {write_with_band(row.value, scale)}" for row in rows)

    def draw(layout: Layout) -> SafeString:
        parts, height = _draw(rows, scale, layout, previous_name)
        return drawing(layout.width, height, title, description, parts)

    table = _table(rows, scale, title, value_name or _("Score"), previous_name)
    return Chart(title, draw(WIDE_LAYOUT), draw(NARROW_LAYOUT), table)


def _draw(rows: Sequence[Bar], scale: Scale, layout: Layout, previous_name: str) -> tuple[list[SafeString], float]:
    drawn, top = [], 4.0
    for row in rows:
        names = wrap(row.name, layout.name_width, SIZE)
        drawn.append((_stacked_row if layout.stacked else _flat_row)(row, names, scale, layout, top))
        top += _row_height(names, layout)
    axis = _axis(scale, layout, top)
    legend, legend_height = keys([(earlier_sample, previous_name)] if previous_name else [], layout.width, top + 30)
    return [axis, *drawn, legend], top + 28 + legend_height


def _row_height(names: Sequence[str], layout: Layout) -> float:
    block = len(names) * line_height(SIZE)
    return block + THICK + 20 if layout.stacked else max(36.0, block + 14)


def _flat_row(row: Bar, names: Sequence[str], scale: Scale, layout: Layout, top: float) -> SafeString:
    middle = top + _row_height(names, layout) / 2
    first = middle + SIZE * 0.36 - (len(names) - 1) * line_height(SIZE) / 2
    return join(
        (
            lines(0, first, names, size=SIZE),
            _bar(row, scale, layout, middle),
            _flat_value(row, scale, layout, middle + SIZE * 0.36),
        )
    )


def _flat_value(row: Bar, scale: Scale, layout: Layout, base: float) -> SafeString:
    number = number_of(row.value)
    if number is None:
        words = wrap(gap_text(row.value), layout.width - layout.right - 14, 12)
        first = base - (len(words) - 1) * line_height(12) / 2
        return join(
            text(layout.right + 14, first + at * line_height(12), word, size=12, tone="muted")
            for at, word in enumerate(words)
        )
    written = scale.write(number)
    after = layout.right + 14 + max(text_width(written, 15), 38) + 6
    return text(layout.right + 14, base + 0.5, written, size=15, weight=650) + text(
        after, base, scale.band_name(number), size=12, tone="muted"
    )


def _stacked_row(row: Bar, names: Sequence[str], scale: Scale, layout: Layout, top: float) -> SafeString:
    known = number_of(row.value) is not None
    value = text(
        layout.right,
        top + 14,
        write_with_band(row.value, scale),
        size=SIZE if known else 12,
        anchor="end",
        weight=600 if known else 0,
        tone="ink" if known else "muted",
    )
    middle = top + len(names) * line_height(SIZE) + 4 + THICK / 2
    return join((lines(0, top + 14, names, size=SIZE), value, _bar(row, scale, layout, middle)))


def _bar(row: Bar, scale: Scale, layout: Layout, middle: float) -> SafeString:
    top = middle - THICK / 2
    parts = [_block(layout.left, layout.right, top, css_class="g-track", fill=TRACK)]
    number = number_of(row.value)
    if number is None:
        parts = [_empty_track(layout, middle)]
    else:
        parts += _filled(number, scale, layout, top)
    earlier = number_of(row.previous)
    if earlier is not None:
        parts.append(diamond(layout.x(scale.share(earlier)), middle))
    return join(parts)


def _filled(number: float, scale: Scale, layout: Layout, top: float) -> Iterable[SafeString]:
    """Begin at zero where zero lies inside the scale, else at its lower end."""
    level = scale.level(number)
    css_class, colour = (f"f{level} g-edge", RAMP[level]) if level else ("s1 s-fill", SERIES[0])
    begin, end = sorted((layout.x(scale.share(0.0)), layout.x(scale.share(number))))
    yield _block(begin, end, top, css_class=css_class, fill=colour, stroke=EDGE if level else None)
    if not scale.contains(number):
        yield _beyond(layout.x(scale.share(number)), top, rightward=number > scale.high)


def _block(begin: float, end: float, top: float, css_class: str, fill: str, stroke: str | None = None) -> SafeString:
    width = max(end - begin, 1.0)
    return element("rect", x=begin, y=top, width=width, height=THICK, rx=3, class_=css_class, fill=fill, stroke=stroke)


def _empty_track(layout: Layout, middle: float) -> SafeString:
    return element(
        "path",
        d=f"M{layout.left:.0f} {middle:.0f}H{layout.right:.0f}",
        class_="g-edge",
        stroke=EDGE,
        stroke_dasharray="1 5",
        stroke_linecap="round",
        stroke_width=2,
    )


def _beyond(x: float, top: float, *, rightward: bool) -> SafeString:
    """Point out of the scale: the printed number is right, the bar is cut."""
    step = 5 if rightward else -5
    start = x - 8 if rightward else x + 8
    chevron = f"l{step} {THICK / 2 - 4:.0f} {-step} {THICK / 2 - 4:.0f}"
    return element(
        "path",
        d=f"M{start:.0f} {top + 4:.0f}{chevron}",
        class_="m-chevron",
        fill="none",
        stroke=SURFACE,
        stroke_width=2,
    )


def _axis(scale: Scale, layout: Layout, bottom: float) -> SafeString:
    ticks = scale.ticks()
    places = [layout.x(scale.share(tick)) for tick in ticks]
    rules = [line(x, 2, x, bottom, colour=GRID) for x in places] if not layout.stacked else []
    return join([*rules, *axis_labels(places, write_ticks(ticks), bottom + 15)])


def axis_labels(places: Sequence[float], words: Sequence[str], base: float) -> Iterable[SafeString]:
    """Write the ends always, and between them what keeps its distance."""
    ends = {0, len(places) - 1}
    limit = places[-1] - text_width(words[-1], 11) - 6
    free = places[0]
    for index, (x, word) in enumerate(zip(places, words, strict=True)):
        half = text_width(word, 11) / 2 + 3
        if index not in ends and (x - half < free or x + half > limit):
            continue
        free = x + half + 3
        anchor = "start" if index == 0 else "end" if index == len(places) - 1 else "middle"
        yield text(x, base, word, size=11, anchor=anchor, tone="muted")


def _table(rows: Sequence[Bar], scale: Scale, title: str, value_name: str, previous_name: str) -> Table:
    head = (_("Name"), value_name, *([_("Band")] if scale.bands else []), *([previous_name] if previous_name else []))
    return Table(title, head, tuple(_table_row(row, scale, bool(previous_name)) for row in rows))


def _table_row(row: Bar, scale: Scale, with_previous: bool) -> tuple[str, ...]:
    number = number_of(row.value)
    band = [scale.band_name(number) if number is not None else ""] if scale.bands else []
    return (row.name, write_value(row.value, scale), *band, *([write_value(row.previous, scale)] * with_previous))
