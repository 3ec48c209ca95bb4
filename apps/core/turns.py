"""Turns at what keeps a core busy: fewer at a time than there are threads, so that some are left to answer others.

Each process that answers requests has turns of its own. What the owner (a tenant) may not begin at once waits for a
moment; a few may wait, whoever comes after them is told to come again. So neither one tenant nor all of them together
take up all threads.
"""

import gc
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import ClassVar, Final

from apps.core.errors import Refused
from apps.core.tenancy import current_schema
from resimate_text import heavy

TOGETHER: Final = 2
OF_ONE: Final = 1
WAITING: Final = 2
PATIENCE: Final = 1.0
#: Seconds after which a thread that calculates lets another one run; whoever answers meanwhile waits so long, often.
SWITCH: Final = 0.0005


class TooManyAtOnce(Refused):
    """One tenant asks for more at a time than its share."""

    code = "too_many_calculations"
    status = 429
    title = "Too many calculations at once"
    retry_after: ClassVar[int] = 2


class CalculationsBusy(Refused):
    """All turns are taken by others."""

    code = "calculations_busy"
    status = 503
    title = "Other calculations are running; try again shortly"
    retry_after: ClassVar[int] = 2


class Turns:
    """``together`` at a time for all owners, ``of_one`` for each; ``waiting`` may wait ``patience`` seconds."""

    def __init__(self, together: int, of_one: int, waiting: int, patience: float) -> None:
        self.together, self.of_one, self.waiting, self.patience = together, of_one, waiting, patience
        self._taken: Counter[str] = Counter()
        self._queue: Counter[str] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def take(self, owner: str) -> Iterator[None]:
        """Hold a turn. Raises ``TooManyAtOnce`` or ``CalculationsBusy``."""
        with self._changed:
            self._wait(owner)
            self._taken[owner] += 1
            gc.disable()  # results are large and hold no cycles; looking for some stops every thread
        try:
            yield
        finally:
            with self._changed:
                self._taken[owner] -= 1
                self._taken += Counter()  # forgets whoever has none
                if not self._taken:
                    gc.enable()
                self._changed.notify_all()

    def _wait(self, owner: str) -> None:
        if self._is_free(owner):
            return
        if self._queue[owner] < self.of_one and self._queue.total() < self.waiting:
            self._queue[owner] += 1
            try:
                if self._changed.wait_for(lambda: self._is_free(owner), self.patience):
                    return
            finally:
                self._queue[owner] -= 1
        if self._taken[owner] >= self.of_one:
            raise TooManyAtOnce("A calculation of yours is under way. Ask for one after the other.")
        raise CalculationsBusy("Ask again in a moment.")

    def _is_free(self, owner: str) -> bool:
        return self._taken[owner] < self.of_one and self._taken.total() < self.together


sys.setswitchinterval(SWITCH)
TURNS: Final = Turns(TOGETHER, OF_ONE, WAITING, PATIENCE)
_held: ContextVar[bool] = ContextVar("resimate_turn", default=False)


@contextmanager
def turn() -> Iterator[None]:
    """Hold a turn of the current tenant; inside one that is held already there is nothing to wait for."""
    if _held.get():
        yield
        return
    with TURNS.take(current_schema()):
        token = _held.set(True)
        try:
            yield
        finally:
            _held.reset(token)


@contextmanager
def request() -> Iterator[None]:
    """Hold a turn from the first heavy work in here to the end, since nobody knows how long it will be."""
    with ExitStack() as stack, heavy.telling(lambda: stack.enter_context(turn())):
        yield
