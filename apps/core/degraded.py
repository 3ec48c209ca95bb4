"""What the service does without just now: Redis, the worker, the scheduler. Whoever answers people asks here.

Redis is asked. The processes without a port write when they were last alive into the database, every few seconds, so
that it is known without Redis. An answer holds for some seconds in a process: asking costs nothing.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from django.core.cache import cache
from django.db import Error, connection
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name, schema_context
from redis.exceptions import RedisError

from apps.core.memory import forgets
from apps.core.models import Pulse

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: A process writes that it is alive so often, and is believed to be for so long.
BEAT: Final = 5.0
LATE: Final = timedelta(seconds=30)
#: How many seconds a look holds in a process.
HOLDS: Final = 5.0
PROCESSES: Final = ("worker", "scheduler")


@dataclass(frozen=True, slots=True)
class State:
    """Whether something is there, whether nothing goes without it, and when it was last seen, if that is known."""

    up: bool
    vital: bool = False
    milliseconds: float = 0.0
    seen_at: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that is away; it writes itself out in the reader's language."""

    name: str
    since: datetime | None = None

    def __str__(self) -> str:
        return {"redis": _redis_away, "worker": self._worker_away, "scheduler": self._scheduler_away}[self.name]()

    @property
    def last_seen(self) -> str:
        """When it was last seen; empty when it never was."""
        return date_format(self.since, _("j F Y, H:i")) + " UTC" if self.since else ""

    def _worker_away(self) -> str:
        if not self.since:
            return _("No worker has been seen yet: what takes long waits, small things are done at once.")
        text = _("No worker has been seen since %(since)s: what takes long waits, small things are done at once.")
        return text % {"since": self.last_seen}

    def _scheduler_away(self) -> str:
        if not self.since:
            return _("No scheduler has been seen yet: reminders and nightly work wait.")
        return _("No scheduler has been seen since %(since)s: reminders and nightly work wait.") % {
            "since": self.last_seen
        }


def _redis_away() -> str:
    return _("Redis is away: limits are off, results are not kept at hand, and work begins some seconds later.")


def look() -> dict[str, State]:
    """Ask everything, now."""
    database = _timed(_ask_database, vital=True)
    redis = _timed(_ask_redis)
    return {"database": database, "redis": redis, **_pulses()}


_further: dict[str, Callable[[], bool]] = {}


def also(name: str, is_well: Callable[[], bool]) -> None:
    """Let the probes and whoever looks further ask this too: something that is not away, but needs care soon."""
    _further[name] = is_well


def look_further() -> dict[str, State]:
    """Ask what apps above want looked at."""
    return {name: _timed(partial(_insist, is_well)) for name, is_well in _further.items()}


def _insist(is_well: Callable[[], bool]) -> None:
    if not is_well():
        raise OSError("not well")


_GONE: Final = State(up=False)


def _timed(ask: Any, *, vital: bool = False) -> State:
    started = time.perf_counter()
    try:
        ask()
        up = True
    except (Error, RedisError, OSError):
        up = False
    return State(up, vital, round((time.perf_counter() - started) * 1000, 1))


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_redis() -> None:
    cache.get("health")


def _pulses() -> dict[str, State]:
    """By the database's clock, which all processes share."""
    is_alive = ExpressionWrapper(Q(seen_at__gt=Now() - LATE), BooleanField())
    try:
        with schema_context(get_public_schema_name()):
            rows = Pulse.objects.values_list("role", is_alive, "seen_at")
            seen = {role: State(up=alive, seen_at=seen_at) for role, alive, seen_at in rows}
    except Error:
        seen = {}
    return {role: seen.get(role, _GONE) for role in PROCESSES}


def beat(role: str) -> None:
    """Write that a process of that role is alive."""
    with schema_context(get_public_schema_name()):
        Pulse.objects.bulk_create(
            [Pulse(role=role, seen_at=Now())],
            update_conflicts=True,
            unique_fields=["role"],
            update_fields=["seen_at"],
        )


class Watch:
    """What was away at the last look, and until when that holds. One thread looks, the others take what is known."""

    def __init__(self) -> None:
        self.found: tuple[Missing, ...] = ()
        self.until = 0.0
        self._looking = threading.Lock()

    def missing(self) -> tuple[Missing, ...]:
        if time.monotonic() >= self.until and self._looking.acquire(blocking=False):
            try:
                states = look()
                self.found = tuple(
                    Missing(name, state.seen_at) for name, state in states.items() if not (state.up or state.vital)
                )
                self.until = time.monotonic() + HOLDS
            finally:
                self._looking.release()
        return self.found

    def forget(self) -> None:
        """Look again at the next question: something has just failed."""
        self.until = 0.0


WATCH: Final = Watch()
forgets(WATCH.forget)


def missing(name: str) -> Missing | None:
    """Return what is known of something that is away; None while it is there."""
    return next((one for one in WATCH.missing() if one.name == name), None)


def with_redis(work: Callable[[], T], otherwise: Callable[[], T], consequence: str) -> T:
    """Do it with Redis; while Redis is away do it otherwise. Who is the first to find that out says so in the log."""
    if not missing("redis"):
        try:
            return work()
        except (RedisError, OSError):
            WATCH.forget()
            logger.warning("redis away: %s", consequence)
    return otherwise()


def warnings(*names: str) -> list[dict[str, str]]:
    """Return what an answer of the API says of those that are away."""
    return [{"code": "degraded", "detail": str(one), "pointer": ""} for one in WATCH.missing() if one.name in names]
