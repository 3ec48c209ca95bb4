"""Leaving those alone who do not answer, and calling nobody more often than is good: together with all processes.

``admit`` is one statement on one row: it counts the call, and where a destination is shut and its pause over, it makes
whoever asks first the one who tries; the others find it shut until that one has said how it went, or its time is over.
How a call went is another statement only after a failure. Nothing of it is asked or written inside a transaction: a
call never is, and a row that is held would keep all others waiting. Calls of a line that is ``within``
transactions have a connection of their own for it.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django_tenants.utils import get_public_schema_name, schema_context

from apps import audit
from apps.core.errors import Refused
from apps.core.fields import new_id
from apps.core.tenancy import current_schema
from apps.outbound import metrics
from apps.outbound.lines import Line
from resimate_text.sentences import Sentence

logger = logging.getLogger(__name__)
T = TypeVar("T")

ADMIT = """
    INSERT INTO outbound_destination AS known (id, tenant, name, failures, last_error, free_at)
    VALUES (%(id)s, %(tenant)s, %(name)s, 0, '', statement_timestamp() + %(interval)s)
    ON CONFLICT (tenant, name) DO UPDATE SET
        free_at = greatest(known.free_at, statement_timestamp()) + %(interval)s,
        shut_until = CASE WHEN known.shut_until IS NOT NULL THEN statement_timestamp() + %(lease)s END
    WHERE NOT known.is_stopped AND coalesce(known.shut_until <= statement_timestamp(), true)
        AND known.free_at <= statement_timestamp() + %(burst)s
    RETURNING failures
"""
WAIT = """
    SELECT is_stopped, coalesce(shut_until > statement_timestamp(), false), last_error,
        extract(epoch FROM greatest(shut_until, free_at - %(burst)s) - statement_timestamp())::float8
    FROM outbound_destination WHERE tenant = %(tenant)s AND name = %(name)s
"""
#: Who called before it was shut, and is late to say so, makes no pause longer.
FAILED = """
    UPDATE outbound_destination SET failures = least(failures + 1, 1000), last_error = %(error)s,
        failing_since = coalesce(failing_since, statement_timestamp()),
        shut_until = CASE WHEN failures + 1 >= %(most)s THEN statement_timestamp()
            + least(%(pause)s * power(2::float8, least(failures + 1 - %(most)s, 20)), %(longest)s) END
    WHERE tenant = %(tenant)s AND name = %(name)s AND (shut_until IS NULL OR failures = %(seen)s)
    RETURNING failures
"""
#: Nor does such a one open what others have shut meanwhile.
SUCCEEDED = """
    UPDATE outbound_destination SET failures = 0, last_error = '', failing_since = NULL, shut_until = NULL
    WHERE tenant = %(tenant)s AND name = %(name)s AND failures = %(seen)s
    RETURNING failures
"""


class LeftAlone(Refused):
    """The other side has not answered several times; ``pause`` until somebody tries again."""

    code = "destination_left_alone"
    status = 503
    title = "The other side does not answer, and is left alone for a while"

    def __init__(self, name: str, pause: timedelta, error: str) -> None:
        super().__init__(Sentence("{name} is left alone for a while: {error}.", name=name, error=error))
        self.pause = pause
        self.retry_after = seconds_of(pause)


class Stopped(LeftAlone):
    """An operator has stopped all calls to it, until one lets them go on."""

    code = "destination_stopped"
    title = "Calls to the other side are stopped"

    def __init__(self, name: str, pause: timedelta) -> None:
        Refused.__init__(self, Sentence("Calls to {name} are stopped.", name=name))
        self.pause = pause
        self.retry_after = seconds_of(pause)


class TooFast(Refused):
    """The other side would be called more often than is agreed."""

    code = "destination_called_too_often"
    status = 429
    title = "The other side is not called that often"

    def __init__(self, name: str, pause: timedelta) -> None:
        super().__init__(Sentence("{name} is not called that often; try again shortly.", name=name))
        self.pause = pause
        self.retry_after = seconds_of(pause)


def seconds_of(pause: timedelta) -> int:
    return max(1, round(pause.total_seconds()))


@dataclass(slots=True)
class Attempt:
    """One call that may be made. Whoever makes it says how it went, as soon as that is known; the first word counts.

    As a context it counts as failed where whoever makes it is thrown out without a word.
    """

    line: Line
    tenant: str
    name: str
    seen: int
    now: datetime
    is_settled: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.failed(kind.__name__)

    def dropped(self) -> None:
        """Nobody was called after all: it says nothing of the other side."""
        self.is_settled = True

    def succeeded(self) -> None:
        if not self.is_settled and self.seen:
            _shared(self.line, self._open)
        self.is_settled = True

    def failed(self, error: str) -> None:
        """``error``: why, in a few words without an address of a person."""
        if not self.is_settled:
            _shared(self.line, lambda: self._shut(error[:200]))
        self.is_settled = True

    def _open(self) -> None:
        if self._note(SUCCEEDED) is not None and self.seen >= self.line.failures:
            self._tell("destination.opened")

    def _shut(self, error: str) -> None:
        pauses = {"pause": self.line.pause, "longest": self.line.longest_pause}
        intervals = {name: timedelta(seconds=seconds) for name, seconds in pauses.items()}
        failures = self._note(FAILED, error=error, most=self.line.failures, **intervals)
        if failures == self.line.failures:
            self._tell("destination.shut", error=error)

    def _note(self, statement: str, **more: Any) -> int | None:
        found = _row(statement, {"tenant": self.tenant, "name": self.name, "seen": self.seen, **more})
        return found[0] if found else None

    def _tell(self, action: str, **more: str) -> None:
        """To the trail, metrics and log: somebody may wonder why nothing comes any more."""
        purpose, turn = self.line.purpose, action.rpartition(".")[2]
        details = {"destination": self.name, "purpose": purpose, **more}
        audit.record(action, now=self.now, tenant=self.tenant, details=details)
        metrics.TURNS.labels(purpose, turn).inc()
        logger.warning("a destination was %s", turn, extra={"action": f"outbound {purpose}"})


def admit(line: Line, name: str, *, now: datetime) -> Attempt:
    """Take a call to the destination of that name. Raises ``LeftAlone`` and ``TooFast``."""
    tenant = get_public_schema_name() if line.is_ours else current_schema()
    key = {"tenant": tenant, "name": name, "burst": line.burst}
    asking = {**key, "id": new_id(), "interval": line.interval, "lease": line.lease}
    found, why_not = _shared(line, lambda: ((row := _row(ADMIT, asking)), None if row else _row(WAIT, key)))
    if found is None:
        raise _refusal(line, name, *(why_not or (False, False, "", 0.0)))
    return Attempt(line, tenant, name, found[0], now)


def _refusal(line: Line, name: str, is_stopped: bool, is_shut: bool, error: str, seconds: float) -> LeftAlone | TooFast:
    pause = timedelta(seconds=max(seconds, 1.0))
    metrics.CALLS.labels(line.purpose, "left alone" if is_stopped or is_shut else "too fast").inc()
    if is_stopped:
        return Stopped(name, timedelta(seconds=line.longest_pause))
    return LeftAlone(name, pause, error) if is_shut else TooFast(name, pause)


def _row(statement: str, parameters: dict[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()


def _shared(line: Line, work: Callable[[], T]) -> T:
    """Do it in the public schema: no tenant's role reads or writes these rows, which say whom the others call."""
    if not (line.within and connection.in_atomic_block):
        return _alone(work)
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(copy_context().run, _beside, work).result()


def _alone(work: Callable[[], T]) -> T:
    with schema_context(get_public_schema_name()), transaction.atomic(durable=True):
        return work()


def _beside(work: Callable[[], T]) -> T:
    """In another thread, on a connection of its own. Not of a pool: whoever holds one may be waiting for this one."""
    mine = connections.create_connection(DEFAULT_DB_ALIAS)
    options = {name: value for name, value in mine.settings_dict["OPTIONS"].items() if name != "pool"}
    mine.settings_dict = {**mine.settings_dict, "OPTIONS": options}
    connections[DEFAULT_DB_ALIAS] = mine
    try:
        return _alone(work)
    finally:
        mine.close()
