"""Which workers are alive: each holds an advisory lock, which PostgreSQL takes back when the worker's session ends.

What a worker has leased is free again as soon as it is dead, whether it said good-bye or not: nobody waits for a lease
to run out. A process that does not show itself leases by time alone.
"""

import secrets
import threading
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import psycopg
from django.db import connection
from django.db.models import Q

#: The first half of the locks' key; the second is the worker's number.
WORKERS: Final = 7351
LIVING: Final = """
    SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Presence:
    """One worker's lock, on a session of its own. Call ``show`` again and again: a session can break."""

    def __init__(self) -> None:
        self.own = secrets.randbelow(2**31 - 1) + 1
        self._session: psycopg.Connection[Any] | None = None
        self._showing = threading.Lock()

    @property
    def number(self) -> int | None:
        """What leases of this worker are marked with; None while it does not hold its lock."""
        return self.own if self._session is not None else None

    def show(self) -> None:
        with self._showing:
            if self._session is not None:
                try:
                    self._session.execute("SELECT 1")
                except psycopg.Error:
                    self.hide()
                else:
                    return
            session = psycopg.connect(**connection.get_connection_params(), autocommit=True)
            held = session.execute("SELECT pg_try_advisory_lock(%s, %s)", [WORKERS, self.own]).fetchone()
            if held and held[0]:
                self._session = session
            else:  # the session that broke has not been noticed there yet
                session.close()

    def hide(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with suppress(psycopg.Error):
                session.close()


#: Of this process.
HERE: Final = Presence()


def living() -> set[int]:
    """The numbers of the workers that are alive now."""
    with connection.cursor() as cursor:
        cursor.execute(LIVING, [WORKERS])
        return {int(number) for (number,) in cursor.fetchall()}


def free_at(moment: datetime) -> Q:
    """Rows that nobody has leased: the lease has run out, or whoever held it is dead."""
    dead = Q(leased_by__isnull=False) & ~Q(leased_by__in=living())
    return Q(leased_until=None) | Q(leased_until__lt=moment) | dead


def held_at(moment: datetime) -> Q:
    """Rows that a living worker, or one that cannot be asked, has leased."""
    return Q(leased_until__gte=moment) & (Q(leased_by=None) | Q(leased_by__in=living()))


def still_free(rows: list[Any], moment: datetime) -> list[Any]:
    """Of rows that were locked just now, those that are free: somebody may have leased one since they were found."""
    alive = living()
    return [
        row
        for row in rows
        if row.leased_until is None
        or row.leased_until < moment
        or (row.leased_by is not None and row.leased_by not in alive)
    ]
