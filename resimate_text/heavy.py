"""A word before heavy work, from code that knows nothing of requests: whoever answers people then keeps a turn."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_told: ContextVar[Callable[[], None] | None] = ContextVar("resimate_heavy", default=None)


def begin() -> None:
    """Say that there may be much to do, and no size tells how much."""
    if tell := _told.get():
        tell()


@contextmanager
def telling(listener: Callable[[], None]) -> Iterator[None]:
    """Call ``listener`` for each :func:`begin` in here; what it raises ends the work before it has begun."""
    token = _told.set(listener)
    try:
        yield
    finally:
        _told.reset(token)
