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
from dataclasses import dataclass
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


class TooManyFilesAtOnce(TooManyAtOnce):
    code = "too_many_files_at_once"
    title = "Too many files at once"


class TooManyLargeRequests(TooManyAtOnce):
    code = "too_many_large_requests"
    title = "Too many large requests at once"


class CalculationsBusy(Refused):
    """All turns are taken by others."""

    code = "calculations_busy"
    status = 503
    title = "Other calculations are running; try again shortly"
    retry_after: ClassVar[int] = 2


class OthersBusy(CalculationsBusy):
    code = "others_busy"
    title = "Others keep the service busy; try again shortly"


@dataclass(frozen=True, slots=True)
class Work:
    """What a turn is wanted for: how it is told that one's own share is taken, and that all turns are.

    ``waits``: it waits for others, a scanner or a storage, for minutes if they are slow. So it has turns of its own,
    and nobody's calculation waits with it.
    """

    too_many: type[TooManyAtOnce]
    busy: type[CalculationsBusy]
    waits: bool = False


CALCULATION: Final = Work(TooManyAtOnce, CalculationsBusy)
FILE: Final = Work(TooManyFilesAtOnce, OthersBusy, waits=True)
LARGE: Final = Work(TooManyLargeRequests, OthersBusy)
#: What requests to a part of the API are, by its ``throttle_group``; to all others they are large.
_OF_GROUP: Final = {"calculations": CALCULATION, "files": FILE}


def of_group(throttle_group: str) -> Work:
    return _OF_GROUP.get(throttle_group, LARGE)


class Turns:
    """``together`` at a time for all owners, ``of_one`` for each; ``waiting`` may wait ``patience`` seconds."""

    def __init__(self, together: int, of_one: int, waiting: int, patience: float) -> None:
        self.together, self.of_one, self.waiting, self.patience = together, of_one, waiting, patience
        self.held: ContextVar[bool] = ContextVar("resimate_turn", default=False)
        self._taken: Counter[str] = Counter()
        self._queue: Counter[str] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def take(self, owner: str, work: Work = CALCULATION) -> Iterator[None]:
        """Hold a turn. Raises what ``work`` says: a kind of ``TooManyAtOnce`` or of ``CalculationsBusy``."""
        with self._changed:
            self._wait(owner, work)
            self._taken[owner] += 1
            if not work.waits:
                gc.disable()  # results are large and hold no cycles; looking for some stops every thread
        try:
            yield
        finally:
            with self._changed:
                self._taken[owner] -= 1
                self._taken += Counter()  # forgets whoever has none
                if not (self._taken or work.waits):
                    gc.enable()
                self._changed.notify_all()

    def _wait(self, owner: str, work: Work) -> None:
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
            raise work.too_many(
                "Your organisation has a calculation or something large under way. Ask again in a moment."
            )
        raise work.busy("Ask again in a moment.")

    def _is_free(self, owner: str) -> bool:
        return self._taken[owner] < self.of_one and self._taken.total() < self.together


sys.setswitchinterval(SWITCH)
TURNS: Final = Turns(TOGETHER, OF_ONE, WAITING, PATIENCE)
#: Of work that waits.
WAITERS: Final = Turns(TOGETHER, OF_ONE, WAITING, PATIENCE)


@contextmanager
def turn(work: Work = CALCULATION) -> Iterator[None]:
    """Hold a turn of the current tenant; inside one that is held already there is nothing to wait for."""
    turns = WAITERS if work.waits else TURNS
    if turns.held.get():
        yield
        return
    with turns.take(current_schema(), work):
        token = turns.held.set(True)
        try:
            yield
        finally:
            turns.held.reset(token)


@contextmanager
def request() -> Iterator[None]:
    """Hold a turn from the first heavy work in here to the end, since nobody knows how long it will be."""
    with ExitStack() as stack, heavy.telling(lambda: stack.enter_context(turn(LARGE))):
        yield
