"""One score on its scale: the bands as a strip, the score as a marker above it."""

from collections.abc import Iterable, Sequence

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from resimate_charts.bars import axis_labels
from resimate_charts.canvas import (
    EDGE,
    INK,
    NARROW,
    RAMP,
    SURFACE,
    TRACK,
    WIDE,
    Chart,
    Table,
    diamond,
    drawing,
    element,
    join,
    short,
    text,
)
from resimate_charts.legend import earlier_sample, keys
from resimate_charts.scale import (
    Scale,
    Value,
    gap_text,
    number_of,
    ramp_level,
    write_ticks,
    write_value,
    write_with_band,
)
from resimate_charts.text_layout import shorten, text_width

TOP, THICK, NAME_SIZE = 40.0, 22.0, 12.0


def band_scale(
    score: Value, scale: Scale, *, title: str, description: str = "", previous: Value = None, previous_name: str = ""
) -> Chart:
    description = description or write_with_band(score, scale)

    def draw(width: float) -> SafeString:
        rows = _name_rows(scale, width)
        below = TOP + THICK + 18 + 17 * rows
        with_key = previous_name and number_of(previous) is not None
        entry = [(earlier_sample, f"{previous_name}: {write_value(previous, scale)}")] if with_key else []
        key, key_height = keys(entry, width, below + 4)
        parts = [
            *_segments(scale, width),
            *_names(score, scale, width, rows),
            *_tick_words(scale, width),
            _earlier(previous, scale, width),
            _mark(score, scale, width),
            key,
        ]
        return drawing(width, below + 4 + key_height, title, description, parts)

    return Chart(title, draw(WIDE), draw(NARROW), _table(score, scale, title, previous, previous_name))


def _x(share: float, width: float) -> float:
    return 1 + share * (width - 2)


def _segments(scale: Scale, width: float) -> Iterable[SafeString]:
    if not scale.bands:
        yield _segment(_x(0, width), _x(1, width), "g-track", TRACK)
    for index, (start, end) in enumerate(scale.extents()):
        level = ramp_level(index, len(scale.bands))
        begin, finish = _x(scale.share(start), width), _x(scale.share(end), width)
        yield _segment(begin, finish, f"f{level} g-edge", RAMP[level])


def _segment(begin: float, end: float, css_class: str, colour: str) -> SafeString:
    return element(
        "rect",
        x=begin + 1,
        y=TOP,
        width=max(0.0, end - begin - 2),
        height=THICK,
        rx=3,
        class_=css_class,
        fill=colour,
        stroke=EDGE,
    )


def _name_rows(scale: Scale, width: float) -> int:
    """Names take one row, or two where they would touch."""
    if not scale.bands:
        return 0
    fits = all(
        text_width(band.name, NAME_SIZE) + 6 <= (scale.share(end) - scale.share(start)) * width
        for band, (start, end) in zip(scale.bands, scale.extents(), strict=True)
    )
    return 1 if fits else 2


def _names(score: Value, scale: Scale, width: float, rows: int) -> Iterable[SafeString]:
    """Write the bands' names, the one that the score lies in with emphasis."""
    number = number_of(score)
    current = None if number is None else scale.band_index(number)
    room = width * rows / max(1, len(scale.bands)) - 6
    for index, (band, (start, end)) in enumerate(zip(scale.bands, scale.extents(), strict=True)):
        name = shorten(band.name, room, NAME_SIZE)
        x = _kept_inside((_x(scale.share(start), width) + _x(scale.share(end), width)) / 2, name, width, NAME_SIZE)
        y = TOP + THICK + 32 + 17 * (index % rows)
        yield text(
            x,
            y,
            name,
            size=NAME_SIZE,
            anchor="middle",
            tone="ink" if index == current else "muted",
            weight=650 if index == current else 0,
        )


def _tick_words(scale: Scale, width: float) -> Iterable[SafeString]:
    ticks = scale.ticks()
    return axis_labels([_x(scale.share(tick), width) for tick in ticks], write_ticks(ticks), TOP + THICK + 14)


def _kept_inside(x: float, words: str, width: float, size: float) -> float:
    half = text_width(words, size) / 2
    return min(max(x, half), max(half, width - half))


def _mark(score: Value, scale: Scale, width: float) -> SafeString:
    number = number_of(score)
    if number is None:
        return text(width / 2, TOP - 12, gap_text(score), size=15, anchor="middle", tone="muted")
    x, words = _x(scale.share(number), width), scale.write(number)
    pointer = element(
        "path",
        d=f"M{short(x)} {short(TOP + 5)}l-8 -14h16z",
        class_="m-ink",
        fill=INK,
        stroke=SURFACE,
        stroke_width=1.5,
    )
    return pointer + text(_kept_inside(x, words, width, 20), TOP - 17, words, size=20, anchor="middle", weight=650)


def _earlier(previous: Value, scale: Scale, width: float) -> SafeString:
    number = number_of(previous)
    return join(()) if number is None else diamond(_x(scale.share(number), width), TOP + THICK / 2)


def _table(score: Value, scale: Scale, title: str, previous: Value, previous_name: str) -> Table:
    rows: Sequence[tuple[str, ...]] = [(_("Score"), write_with_band(score, scale))]
    earlier = [(previous_name, write_with_band(previous, scale))] if previous_name else []
    ends = [*(band.start for band in scale.bands[1:]), scale.high] if scale.bands else []
    bands = [
        (band.name, _("%(low)s to %(high)s") % {"low": scale.write(band.start), "high": scale.write(end)})
        for band, end in zip(scale.bands, ends, strict=True)
    ]
    return Table(title, (_("Name"), _("Value")), (*rows, *earlier, *bands))
