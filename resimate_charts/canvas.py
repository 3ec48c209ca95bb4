"""The pieces every chart is made of.

Colours are presentation attributes, so that a drawing looks right alone (e-mail, PDF); classes let our sheet redraw
it for the dark theme. All text and every attribute is escaped here, in one place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

WIDE, NARROW = 640.0, 330.0
INK, MUTED, GRID, EDGE, TRACK, SURFACE = "#17211F", "#55625F", "#D5DAD6", "#7C8985", "#EFEEE8", "#FFFFFF"
RAMP = (TRACK, "#9C2F16", "#DE8A4A", "#F3E3B8", "#82BBC9", "#1C5A86")
ON_RAMP = (INK, "#FFFFFF", INK, INK, INK, "#FFFFFF")
SERIES = ("#0B5D57", "#D9772E", "#4797DB", "#6310DE", "#50160C", "#1E1D48")
DASHES = ("", "6 4", "2 3", "8 3 2 3", "1 4", "10 4")
FONT = "Inter, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"

Attribute = str | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """The same facts as rows of plain text; the first column names the row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    svg: SafeString
    narrow: SafeString
    table: Table


def element(tag: str, content: str = "", **attributes: Attribute) -> SafeString:
    """Return one element; ``class_`` and ``font_size`` become ``class`` and ``font-size``, None leaves one out.

    >>> element("rect", x=1.25, class_="a<b")
    '<rect x="1.2" class="a&lt;b"/>'
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_written(value)}"'
        for name, value in attributes.items()
        if value not in (None, "")
    )
    if not content:
        return mark_safe(f"<{tag}{written}/>")  # noqa: S308 - every value was escaped just above
    return mark_safe(f"<{tag}{written}>{conditional_escape(content)}</{tag}>")  # noqa: S308 - as above


def _written(value: Attribute) -> str:
    return short(value) if isinstance(value, float | int) else str(conditional_escape(value or ""))


def short(number: float) -> str:
    """A tenth of a pixel is enough: 12.0 is 12, and there is no -0."""
    return f"{round(number, 1) + 0.0:.1f}".removesuffix(".0")


def join(parts: Iterable[str]) -> SafeString:
    """Put drawn parts together; plain text among them is escaped."""
    return mark_safe("".join(conditional_escape(part) for part in parts))  # noqa: S308 - escaped where not safe yet


def drawing(width: float, height: float, title: str, description: str, parts: Iterable[str]) -> SafeString:
    head = element("title", title) + (element("desc", description) if description else "")
    return element(
        "svg",
        head + join(parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {short(width)} {short(height)}",
        width=width,
        height=height,
        role="img",
        direction="ltr",
        font_family=FONT,
    )


def text(
    x: float, y: float, content: str, *, size: float = 13, anchor: str | None = None, tone: str = "ink", weight: int = 0
) -> SafeString:
    return element(
        "text",
        content or " ",
        x=x,
        y=y,
        class_=f"t-{tone}",
        fill=MUTED if tone == "muted" else INK,
        font_size=size,
        font_weight=weight or None,
        text_anchor=anchor,
    )


def lines(
    x: float, y: float, content: Sequence[str], *, size: float = 13, anchor: str | None = None, weight: int = 0
) -> SafeString:
    """Draw lines below each other; ``y`` is the base line of the first."""
    return join(
        text(x, y + number * line_height(size), line, size=size, anchor=anchor, weight=weight)
        for number, line in enumerate(content)
    )


def line_height(size: float) -> float:
    return round(size * 1.25, 1)


def line(
    x1: float, y1: float, x2: float, y2: float, *, css_class: str = "g-line", colour: str = GRID, width: float = 1
) -> SafeString:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=css_class, stroke=colour, stroke_width=width)


def diamond(x: float, y: float, size: float = 6) -> SafeString:
    """Mark an earlier value: hollow, so that what lies below stays visible."""
    path = f"M{short(x)} {short(y - size)}l{short(size)} {short(size)} {short(-size)} {short(size)} "
    return element(
        "path",
        d=f"{path}{short(-size)} {short(-size)}z",
        class_="m-open",
        fill=SURFACE,
        stroke=INK,
        stroke_width=1.75,
    )


# Circle, square, triangle, diamond, triangle downward, cross: told apart without colour.
MARKERS = (
    "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
    "m-4 -4h8v8h-8z",
    "m0 -5.5 5 9h-10z",
    "m0 -5.5 5.5 5.5 -5.5 5.5 -5.5 -5.5z",
    "m0 5.5 5 -9h-10z",
    "m-5 -2h3v-3h4v3h3v4h-3v3h-4v-3h-3z",
)


def marker(x: float, y: float, series: int, *, hollow: bool = False) -> SafeString:
    """Draw the point of a series; hollow means that the value lies outside the scale."""
    return element(
        "path",
        d=f"M{short(x)} {short(y)}{MARKERS[series]}",
        class_=f"s{series + 1} {'s-hollow' if hollow else 's-fill t-halo'}",
        fill=SURFACE if hollow else SERIES[series],
        stroke=SERIES[series] if hollow else SURFACE,
        stroke_width=2 if hollow else 1.5,
    )
