"""What a run has shown: printed at its end, a line for each."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

ROWS: Final = list[tuple[str, float, str]]()


@contextmanager
def shown(what: str) -> Iterator[list[str]]:
    """Counts once it ended well; what is put into the list are the figures that it came to."""
    began, figures = time.monotonic(), list[str]()
    yield figures
    add(what, time.monotonic() - began, ", ".join(figures))


def add(what: str, seconds: float, figures: str) -> None:
    ROWS.append((what, seconds, figures))


def table() -> list[str]:
    width = max((len(what) for what, _, _ in ROWS), default=0)
    return [f"{what:<{width}}  {seconds:7.1f} s  {figures}".rstrip() for what, seconds, figures in ROWS]
