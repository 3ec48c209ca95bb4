"""How many: a funnel of steps, each a part of the first, and a whole split into its parts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from resimate_charts.canvas import (
    NARROW,
    SERIES,
    SURFACE,
    TRACK,
    WIDE,
    Chart,
    Table,
    drawing,
    element,
    join,
    lines,
    text,
)
from resimate_charts.legend import keys
from resimate_charts.scale import write_number, write_share
from resimate_charts.text_layout import text_width, wrap

SIZE, THICK = 13.0, 18.0


@dataclass(frozen=True, slots=True)
class Count:
    name: str
    count: int


def funnel(steps: Sequence[Count], *, title: str, description: str = "") -> Chart:
    """Draw how many reached each step, as parts of the first step."""
    whole = steps[0].count if steps else 0
    return _chart(steps, whole, title, description, lambda width: _funnel(steps, whole, width))


def stacked(parts: Sequence[Count], *, title: str, description: str = "") -> Chart:
    """Draw a whole as one bar of its parts; at most six."""
    if len(parts) > len(SERIES):
        raise ValueError(f"a whole is split into at most {len(SERIES)} parts")
    whole = sum(part.count for part in parts)
    return _chart(parts, whole, title, description, lambda width: _stacked(parts, whole, width))


def _chart(
    counts: Sequence[Count],
    whole: int,
    title: str,
    description: str,
    draw: Callable[[float], tuple[list[SafeString], float]],
) -> Chart:
    description = description or "; ".join(f"{count.name}: {write_number(count.count)}" for count in counts)

    def drawn(width: float) -> SafeString:
        parts, height = draw(width)
        return drawing(width, height, title, description, parts)

    rows = tuple((count.name, write_number(count.count), write_share(count.count, whole)) for count in counts)
    return Chart(title, drawn(WIDE), drawn(NARROW), Table(title, (_("Name"), _("Number"), _("Share")), rows))


def _funnel(steps: Sequence[Count], whole: int, width: float) -> tuple[list[SafeString], float]:
    stacked_rows = width < WIDE
    left, right = (0.0, width) if stacked_rows else (150.0, width - 120)
    drawn, top, most = [], 2.0, max([whole, *(step.count for step in steps), 1])
    for step in steps:
        names = wrap(step.name, width - 120 if stacked_rows else left - 12, SIZE, max_lines=2)
        bar_top = top + (len(names) * 16.2 + 4 if stacked_rows else max(0.0, (len(names) - 1) * 8.0))
        base = top + 13 if stacked_rows else bar_top + THICK / 2 + 4.5
        first = base if stacked_rows else base - (len(names) - 1) * 8.1
        drawn += [
            lines(0, first, names, size=SIZE),
            _bar(left, right, bar_top, step.count / most),
            *_numbers(step.count, whole, right, width, base),
        ]
        top = max(bar_top + THICK, first + (len(names) - 1) * 16.2) + 14
    return drawn, max(top - 8, 1.0)


def _bar(left: float, right: float, top: float, share: float) -> SafeString:
    track = element("rect", x=left, y=top, width=right - left, height=THICK, rx=3, class_="g-track", fill=TRACK)
    if share <= 0:
        return track
    length = max(2.0, share * (right - left))
    return track + element("rect", x=left, y=top, width=length, height=THICK, rx=3, class_="s1 s-fill", fill=SERIES[0])


def _numbers(count: int, whole: int, right: float, width: float, base: float) -> Iterable[SafeString]:
    share_room = 54.0
    yield text(width - share_room, base, write_number(count), size=15, anchor="end", weight=650)
    yield text(width, base, write_share(count, whole), size=SIZE, anchor="end", tone="muted")


def _stacked(parts: Sequence[Count], whole: int, width: float) -> tuple[list[SafeString], float]:
    begins = [0.0, *accumulate(part.count / whole * width if whole else 0.0 for part in parts)]
    segments = [
        _segment(index, begin, part.count / whole * width, write_number(part.count))
        for index, (part, begin) in enumerate(zip(parts, begins[:-1], strict=True))
        if part.count and whole
    ]
    track = element("rect", x=0, y=0, width=width, height=28, rx=4, class_="g-track", fill=TRACK)
    entries = [(_swatch(index), f"{part.name}: {write_number(part.count)}") for index, part in enumerate(parts)]
    legend, height = keys(entries, width, 36)
    return [track, *segments, legend], 38 + height


def _segment(index: int, begin: float, length: float, number: str) -> SafeString:
    """Print the number inside where it fits; the key below has them all."""
    block = element(
        "rect",
        x=begin,
        y=0,
        width=max(length, 1.5),
        height=28,
        class_=f"s{index + 1} s-fill t-halo",
        fill=SERIES[index],
        stroke=SURFACE,
        stroke_width=1,
    )
    if index not in (0, 3, 4, 5) or text_width(number, SIZE) + 12 > length:
        return block
    label = element(
        "text",
        number,
        x=begin + length / 2,
        y=18.5,
        class_="t-on-series",
        fill=SURFACE,
        font_size=SIZE,
        font_weight=600,
        text_anchor="middle",
    )
    return join((block, label))


def _swatch(index: int) -> Callable[[float, float], SafeString]:
    return lambda x, y: element(
        "rect", x=x + 10, y=y - 7, width=14, height=14, rx=3, class_=f"s{index + 1} s-fill", fill=SERIES[index]
    )
