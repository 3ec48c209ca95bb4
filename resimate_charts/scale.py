"""What a value means: where it lies, which band it is in, how it is written, and why it may be absent."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from itertools import pairwise

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

LEVELS = 5
TICK_TOLERANCE = 1e-9


class Gap(Enum):
    """Why there is no number: nobody answered, or too few did to show it."""

    NO_DATA = "no_data"
    HIDDEN = "hidden"


Value = float | Gap | None


@dataclass(frozen=True, slots=True)
class Band:
    """A named part of a scale, from ``start`` up to the next band's start."""

    start: float
    name: str


@dataclass(frozen=True, slots=True)
class Scale:
    """From ``low`` to ``high``; bands in rising order, the first of them usually at ``low``."""

    low: float = 0.0
    high: float = 100.0
    bands: tuple[Band, ...] = ()
    decimals: int | None = None

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError("a scale must rise from low to high")

    def share(self, value: float) -> float:
        """Return how far along the scale a value lies, kept between 0 and 1.

        >>> Scale(0, 50).share(20), Scale().share(130)
        (0.4, 1.0)
        """
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def contains(self, value: float) -> bool:
        return self.low <= value <= self.high

    def band_index(self, value: float) -> int | None:
        """Return the band of an unrounded value: ``[start, next start)``."""
        found = [index for index, band in enumerate(self.bands) if value >= band.start]
        return found[-1] if found else None

    def band_name(self, value: float) -> str:
        index = self.band_index(value)
        return "" if index is None else self.bands[index].name

    def level(self, value: float) -> int:
        """Return the step 1 to 5 on the colour ramp; 0 when the scale has no band for the value."""
        index = self.band_index(value)
        return 0 if index is None else ramp_level(index, len(self.bands))

    def write(self, value: float) -> str:
        return write_number(value, self._decimals())

    def _decimals(self) -> int:
        if self.decimals is not None:
            return self.decimals
        span = self.high - self.low
        return 1 if span > 10 else 2 if span > 2 else 3

    def extents(self) -> list[tuple[float, float]]:
        """Return where each band begins and ends, cut to the scale; the first begins with it."""
        inner = [min(self.high, max(self.low, band.start)) for band in self.bands[1:]]
        return list(pairwise([self.low, *inner, self.high])) if self.bands else []

    def ticks(self) -> list[float]:
        """Return the ends and the band boundaries, or quarters where there are no bands."""
        inner = [band.start for band in self.bands[1:]] or [
            self.low + (self.high - self.low) * part / 4 for part in (1, 2, 3)
        ]
        return [self.low, *(tick for tick in inner if self.low < tick < self.high), self.high]


def ramp_level(index: int, count: int) -> int:
    """Spread any number of bands over the ramp, ends at its ends.

    >>> [ramp_level(index, 3) for index in range(3)], [ramp_level(index, 5) for index in range(5)]
    ([1, 3, 5], [1, 2, 3, 4, 5])
    """
    return 3 if count < 2 else 1 + math.floor(index * (LEVELS - 1) / (count - 1) + 0.5)


def number_of(value: Value) -> float | None:
    """Return the number, or None for every kind of gap, NaN and infinity included."""
    if value is None or isinstance(value, Gap) or not math.isfinite(value):
        return None
    return float(value)


def gap_text(value: Value) -> str:
    return _("too few answers to show") if value is Gap.HIDDEN else _("no data")


def write_value(value: Value, scale: Scale) -> str:
    number = number_of(value)
    return gap_text(value) if number is None else scale.write(number)


def write_with_band(value: Value, scale: Scale) -> str:
    number = number_of(value)
    if number is None:
        return gap_text(value)
    return " ".join(filter(None, (scale.write(number), scale.band_name(number))))


def write_number(value: float, decimals: int = 0) -> str:
    return str(number_format(Decimal(f"{value:.{decimals}f}"), decimals, force_grouping=True))


def write_share(part: float, whole: float, decimals: int = 0) -> str:
    """Return a percentage in words of the current language, empty when there is no whole."""
    if whole <= 0:
        return ""
    return pgettext("percentage", "%(number)s %%") % {"number": write_number(100 * part / whole, decimals)}


def write_ticks(ticks: Sequence[float]) -> list[str]:
    """Write every tick with as few decimals as say them all exactly."""
    decimals = next((places for places in range(4) if _exact(ticks, places)), 4)
    return [write_number(tick, decimals) for tick in ticks]


def _exact(ticks: Iterable[float], places: int) -> bool:
    return all(abs(round(tick, places) - tick) < TICK_TOLERANCE for tick in ticks)
