"""Names around a radar: wrapped, then moved apart until none touches another."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from django.utils.safestring import SafeString

from resimate_charts.canvas import EDGE, GRID, join, line, line_height, lines, text
from resimate_charts.text_layout import text_width, wrap

SIZE, VALUE_SIZE = 13.0, 15.0
AWAY, SPACE, MOST_WIDE = 14.0, 5.0, 150.0


class Axes(Protocol):
    """What a label needs to know of the web it surrounds."""

    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...
    @property
    def radius(self) -> float: ...
    @property
    def axes(self) -> int: ...
    def angle(self, axis: int) -> float: ...
    def point(self, axis: int, share: float) -> tuple[float, float]: ...


@dataclass(frozen=True, slots=True)
class Label:
    axis: int
    names: tuple[str, ...]
    value: str
    side: int  # -1 left, 0 above or below the middle, 1 right
    x: float
    top: float

    @property
    def height(self) -> float:
        return len(self.names) * line_height(SIZE) + VALUE_SIZE + 3

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def width(self) -> float:
        return max(text_width(words, SIZE) for words in (*self.names, self.value))

    def moved(self, down: float) -> "Label":
        return replace(self, top=self.top + down)


def place_labels(web: Axes, names: Sequence[str], values: Sequence[str]) -> list[Label]:
    placed = [_first_place(web, axis, names[axis], values[axis]) for axis in range(web.axes)]
    middle = [label for label in placed if label.side == 0]
    sides = (_apart(web, [label for label in placed if label.side == side]) for side in (-1, 1))
    return sorted([*middle, *(label for side in sides for label in side)], key=lambda label: label.axis)


def _first_place(web: Axes, axis: int, name: str, value: str) -> Label:
    across, down = math.cos(web.angle(axis)), math.sin(web.angle(axis))
    side = 0 if abs(across) < 0.05 else int(math.copysign(1, across))
    wide = _middle_width(web) if side == 0 else MOST_WIDE
    label = Label(axis, tuple(wrap(name, wide, SIZE, max_lines=3 if web.axes < 10 else 2)), value, side, web.x, 0.0)
    reach = web.radius + AWAY
    top = web.y + reach * down - label.height * (1 - down) / 2
    return replace(label, top=top, x=web.x + reach * across)


def _middle_width(web: Axes) -> float:
    """The name on top must stay between those of its neighbours."""
    return max(110.0, min(240.0, 2 * (web.radius + AWAY) * math.sin(2 * math.pi / web.axes) - 16))


def _apart(web: Axes, labels: Sequence[Label]) -> list[Label]:
    """Push down what overlaps, then lift all by the mean push, so that the group keeps its middle."""
    if not labels:
        return []
    ordered = sorted(labels, key=lambda label: label.top)
    placed = [ordered[0]]
    for label in ordered[1:]:
        placed.append(replace(label, top=max(label.top, placed[-1].bottom + SPACE)))
    lift = sum(after.top - before.top for before, after in zip(ordered, placed, strict=True)) / len(placed)
    return [_outside(web, label.moved(-lift)) for label in placed]


def _outside(web: Axes, label: Label) -> Label:
    """Keep a moved label out of the circle."""
    nearest = max(0.0, label.top - web.y, web.y - label.bottom)
    reach = web.radius + AWAY
    least = math.sqrt(reach**2 - nearest**2) if nearest < reach else 0.0
    return replace(label, x=web.x + label.side * max(least, abs(label.x - web.x)))


def draw_labels(web: Axes, labels: Sequence[Label]) -> Iterable[SafeString]:
    for label in labels:
        anchor = {-1: "end", 0: "middle", 1: "start"}[label.side]
        yield _leader(web, label)
        yield lines(label.x, label.top + SIZE - 1, label.names, size=SIZE, anchor=anchor)
        base = label.bottom - 3
        known = is_number(label.value)
        yield text(
            label.x,
            base,
            label.value,
            size=VALUE_SIZE if known else 12,
            anchor=anchor,
            tone="ink" if known else "muted",
            weight=650 if known else 0,
        )


def _leader(web: Axes, label: Label) -> SafeString:
    """Tie a label to its axis when it had to move away from it."""
    x, y = web.point(label.axis, 1.02)
    if label.side == 0 or label.top - 6 <= y <= label.bottom + 6:
        return join(())
    near = label.top if y < label.top else label.bottom
    return line(x, y, label.x - label.side * 3, near, css_class="g-edge", colour=EDGE)


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of the list below the narrow radar."""

    names: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def height(self) -> float:
        return len(self.names) * line_height(SIZE) + 15

    def draw(self, number: int, top: float, width: float) -> SafeString:
        base = top + 20
        values = [_listed_value(value, place, width, base) for place, value in enumerate(self.values)]
        return join(
            (
                line(0, top, width, top, colour=GRID),
                text(16, base, str(number), anchor="end", weight=650),
                lines(28, base, self.names, size=SIZE),
                *values,
            )
        )


def _listed_value(value: str, place: int, width: float, base: float) -> SafeString:
    """The first column is what the chart is about; a later one stands left of it, quieter."""
    plain = place > 0 or not is_number(value)
    size = SIZE if is_number(value) else 11.5
    tone = "muted" if plain else "ink"
    return text(column_edge(place, width), base, value, size=size, anchor="end", weight=0 if plain else 650, tone=tone)


def column_edge(place: int, width: float) -> float:
    return width - 62 * place


def is_number(written: str) -> bool:
    return any(character.isdigit() for character in written)
