"""How the database, Redis, the processes without a port and the disk are asked how they are."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.core import roles, way
from apps.core.degraded import LATE
from apps.core.models import EventDelivery, Pulse
from apps.core.parts import Answer, declare

OLDEST_POSTGRES = 15
FEWEST_MEGABYTES = 500
#: Where workers are started by what waits (k8s/components/keda-workers), one is there so soon.
STARTED_WITHIN = timedelta(minutes=2)


def _database() -> Answer:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        (version,) = cursor.fetchone()
    if version < OLDEST_POSTGRES:
        return Answer(f"PostgreSQL {version} is older than {OLDEST_POSTGRES}", is_well=False)
    return Answer(f"PostgreSQL {version}, {way.to_database()}")


def _redis() -> Answer:
    cache.get("health")
    return Answer(f"answers, {way.to_redis()}")


def _scheduler() -> Answer:
    seen_at, alive = _pulses(roles.SCHEDULER).get(roles.SCHEDULER, (None, False))
    return Answer("alive" if alive else _unseen(seen_at), alive, seen_at)


def _workers() -> Answer:
    """Each queue has workers of its own, or some that work for all; or nothing waits there, and they come with work."""
    pulses = _pulses(*roles.WORKERS)
    away = [queue for queue in roles.QUEUES if not _worked_for(queue, pulses)]
    if len(away) < len(roles.QUEUES):
        away = [queue for queue in away if _is_late(queue)]
    last = max((seen_at for seen_at, _ in pulses.values()), default=None)
    if not away:
        return Answer("alive", seen_at=last)
    is_anybody_there = len(away) < len(roles.QUEUES)
    return Answer(f"nobody works for {', '.join(away)}" if is_anybody_there else _unseen(last), False, last)


def _is_late(queue: str) -> bool:
    """Whether something has waited there for longer than it takes to start a worker where there was none."""
    return EventDelivery.objects.filter(queue=queue, state="pending", due_at__lt=Now() - STARTED_WITHIN).exists()


def _worked_for(queue: str, pulses: dict[str, tuple[datetime, bool]]) -> bool:
    return any(alive and queue in roles.queues_of(role) for role, (_, alive) in pulses.items())


def _pulses(*of: str) -> dict[str, tuple[datetime, bool]]:
    """When processes of these roles were last seen, and whether they are alive, by the database's clock."""
    is_alive = ExpressionWrapper(Q(seen_at__gt=Now() - LATE), BooleanField())
    seen = Pulse.objects.filter(role__in=of).values_list("role", "seen_at", is_alive)
    return {role: (seen_at, alive) for role, seen_at, alive in seen}


def _unseen(seen_at: datetime | None) -> str:
    return f"not seen since {seen_at:%Y-%m-%d %H:%M} UTC" if seen_at else "never seen"


def _disk() -> Answer:
    free = min(shutil.disk_usage(place).free for place in (settings.BASE_DIR, _there(settings.DATA_DIR))) >> 20
    is_well = free >= FEWEST_MEGABYTES
    return Answer(f"{free >> 10} GB left" if is_well else f"{free} MB left", is_well)


def _there(folder: Path) -> Path:
    """The folder, or the nearest above it that there is: data may not have been written yet."""
    return next(place for place in (folder, *folder.parents) if place.is_dir())


declare("database", _database, mend="check DATABASE_URL and that PostgreSQL 15 or newer runs there", vital=True)
declare(
    "redis",
    _redis,
    mend="check REDIS_URL; without Redis limits are off and workers wait for the sweep",
    away=_("Redis is unavailable. Rate limits are off, results are not cached, and work starts a few seconds late."),
)
declare(
    "worker",
    _workers,
    mend="start `python -m resimate` with RESIMATE_ROLE=worker, or one for each queue; see its log",
    away=_("No worker has been seen yet. Long tasks are waiting; short ones are done at once."),
    away_since=_("No worker has been seen since %(since)s. Long tasks are waiting; short ones are done at once."),
)
declare(
    "scheduler",
    _scheduler,
    mend="start `python -m resimate` with RESIMATE_ROLE=scheduler; see its log",
    away=_("No scheduler has been seen yet. Reminders and nightly work are waiting."),
    away_since=_("No scheduler has been seen since %(since)s. Reminders and nightly work are waiting."),
)
declare("disk", _disk, mend="make room where the program and RESIMATE_DATA_DIR are")
