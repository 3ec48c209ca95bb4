"""Keys below a drawing: the series of a radar, the meaning of a hollow mark."""

from collections.abc import Callable, Sequence
from itertools import accumulate

from django.utils.safestring import SafeString

from resimate_charts.canvas import DASHES, SERIES, diamond, element, join, marker, text
from resimate_charts.text_layout import shorten, text_width

ROW, SAMPLE, SPACE, SIZE = 24.0, 34.0, 22.0, 13.0

Sample = Callable[[float, float], SafeString]


def keys(entries: Sequence[tuple[Sample, str]], width: float, top: float) -> tuple[SafeString, float]:
    """Lay the keys out from left to right in as many rows as they need; return them and the height used."""
    names = [shorten(name, width - SAMPLE, SIZE) for _, name in entries]
    places = list(accumulate(names, lambda at, name: _next_place(at, name, width), initial=(0.0, 0.0, 0.0)))[1:]
    drawn = [
        sample(x, top + row * ROW + 12) + text(x + SAMPLE, top + row * ROW + 16.5, name, size=SIZE)
        for (sample, _), name, (x, row, _) in zip(entries, names, places, strict=True)
    ]
    rows = places[-1][1] + 1 if places else 0
    return join(drawn), rows * ROW


def _next_place(at: tuple[float, float, float], name: str, width: float) -> tuple[float, float, float]:
    """Return (x, row, where the next may begin)."""
    _, row, begin = at
    needed = SAMPLE + text_width(name, SIZE)
    if begin and begin + needed > width:
        return 0.0, row + 1, needed + SPACE
    return begin, row, begin + needed + SPACE


def series_sample(index: int) -> Sample:
    return lambda x, y: stroke_of(index, f"M{x:.0f} {y:.0f}h26") + marker(x + 13, y, index)


def stroke_of(index: int, path: str) -> SafeString:
    return element(
        "path",
        d=path,
        class_=f"s{index + 1} s-line",
        fill="none",
        stroke=SERIES[index],
        stroke_width=2.25,
        stroke_dasharray=DASHES[index],
        stroke_linejoin="round",
    )


def earlier_sample(x: float, y: float) -> SafeString:
    return diamond(x + 16, y)
