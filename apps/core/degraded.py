"""What the service does without just now. Whoever answers people asks here.

The parts are asked (``parts.py``) for whose being away there are words. The processes without a port write when they
were last alive into the database, every few seconds, so that it is known without Redis. An answer holds for some
seconds in a process: asking costs nothing.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeVar

from django.db.models.functions import Now
from django_tenants.utils import get_public_schema_name, schema_context
from redis.exceptions import RedisError

from apps.core import parts
from apps.core.memory import forgets
from apps.core.models import Pulse
from apps.core.parts import Missing

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: A process writes that it is alive so often, and is believed to be for so long.
BEAT: Final = 5.0
LATE: Final = timedelta(seconds=30)
#: How many seconds a look holds in a process.
HOLDS: Final = 5.0


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
                told = parts.told()
                states = parts.look(told)
                missing = [Missing(part, states[part.name].seen_at) for part in told if not states[part.name].up]
                self.found = tuple(missing)
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
