"""A small line that fits into a table's cell: how a score went, and where it stands."""

from collections.abc import Sequence
from itertools import groupby

from django.utils.safestring import SafeString

from resimate_charts.canvas import MUTED, SERIES, drawing, element, marker, short, text
from resimate_charts.scale import Scale, Value, gap_text, number_of, write_value

WIDTH, HEIGHT, EDGE_SPACE = 96.0, 28.0, 6.0


def sparkline(values: Sequence[Value], scale: Scale | None = None, *, title: str) -> SafeString:
    """Draw values in the order of time; a gap breaks the line."""
    scale = scale or _own_scale(values)
    spots = [_spot(index, value, len(values), scale) for index, value in enumerate(values)]
    last = values[-1] if values else None
    parts = [*_runs(spots), *([marker(*spots[-1], 0)] if spots and spots[-1] else [])]
    base = HEIGHT / 2 + 4.5
    if number_of(last) is None:
        parts.append(text(WIDTH + 8, base, gap_text(last), size=12, tone="muted"))
    else:
        parts.append(text(WIDTH + 8, base, write_value(last, scale), size=14, weight=600))
    written = ", ".join(write_value(value, scale) for value in values)
    svg = drawing(WIDTH + 60, HEIGHT, title, written, parts)
    return SafeString(svg.replace("<svg ", '<svg class="spark" ', 1))


def _own_scale(values: Sequence[Value]) -> Scale:
    numbers = [number for number in map(number_of, values) if number is not None] or [0.0]
    low, high = min(numbers), max(numbers)
    return Scale(low, high) if low < high else Scale(low - 1, high + 1)


def _spot(index: int, value: Value, count: int, scale: Scale) -> tuple[float, float] | None:
    number = number_of(value)
    if number is None:
        return None
    step = (WIDTH - 2 * EDGE_SPACE) / max(1, count - 1)
    x = EDGE_SPACE + (index * step if count > 1 else WIDTH - 2 * EDGE_SPACE)
    return x, EDGE_SPACE + (1 - scale.share(number)) * (HEIGHT - 2 * EDGE_SPACE)


def _runs(spots: Sequence[tuple[float, float] | None]) -> list[SafeString]:
    """Draw every unbroken stretch as a line, and a lone value as a dot."""
    stretches = [[spot for spot in group if spot] for known, group in groupby(spots, key=bool) if known]
    return [_stretch(stretch) for stretch in stretches]


def _stretch(spots: Sequence[tuple[float, float]]) -> SafeString:
    if len(spots) == 1:
        return element("circle", cx=spots[0][0], cy=spots[0][1], r=2, class_="t-muted", fill=MUTED)
    path = "M" + "L".join(f"{short(x)} {short(y)}" for x, y in spots)
    return element("path", d=path, class_="s1 s-line", fill="none", stroke=SERIES[0], stroke_width=2)
