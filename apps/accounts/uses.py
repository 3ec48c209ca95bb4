"""What people are let do: all of it counted, and of what is sensitive a record for each hour, person and permission.

A request that is let in writes nothing: its process adds up, and stores the sums every few seconds in one statement.
Once an hour is over they become one entry of the trail each (``tell``). A process that is killed loses the sums of its
last seconds; one that ends does not.
"""

import atexit
import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import schema_context

from apps import audit
from apps.accounts import metrics
from apps.accounts.models import PermissionUse, User
from apps.core import background, rights
from apps.core.fields import new_id
from apps.core.locking import all_locked
from apps.core.tenancy import current_schema

#: Seconds between two statements of a process.
EVERY: Final = 10.0
HOUR: Final = timedelta(hours=1)
_ADD = """
    INSERT INTO accounts_permissionuse AS p (id, user_id, permission, hour, times)
    SELECT new.* FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[], %s::int[])
        AS new (id, user_id, permission, hour, times)
    WHERE EXISTS (SELECT FROM accounts_user u WHERE u.id = new.user_id) ORDER BY user_id, permission, hour
    ON CONFLICT (user_id, permission, hour) DO UPDATE SET times = p.times + EXCLUDED.times
"""


class Use(NamedTuple):
    schema: str
    user: UUID
    permission: str
    hour: datetime


class Book:
    """The sums of this process that are not stored yet."""

    def __init__(self) -> None:
        self._sums: Counter[Use] = Counter()
        self._lock = threading.Lock()

    def add(self, use: Use) -> None:
        with self._lock:
            self._sums[use] += 1

    def store(self) -> None:
        """Store the sums; those that cannot be stored now are kept for the next time."""
        with self._lock:
            sums, self._sums = self._sums, Counter()
        for schema in {use.schema for use in sums}:
            of_schema = {use: times for use, times in sums.items() if use.schema == schema}
            try:
                with schema_context(schema):
                    _store(of_schema)
            except Exception:  # whatever it was: nothing that was counted is lost, and the caller hears of it
                with self._lock:
                    self._sums.update(of_schema)
                raise


BOOK: Final = Book()


def follow() -> None:
    """Store what this process adds up, from now on until it ends."""
    background.every(EVERY, BOOK.store)
    atexit.register(BOOK.store)


def note(user: Any, permission: str) -> None:
    """Note that somebody is let do ``resource:action``: once in a request, however often it is asked there."""
    noted: set[str] = user.__dict__.setdefault("_noted", set())
    if permission in noted:
        return
    noted.add(permission)
    metrics.PERMITTED.labels(permission).inc()
    if rights.is_sensitive(permission):
        viewer = getattr(user, "_viewer", user)  # whoever looks as somebody else: authz.narrow_to
        hour = timezone.now().replace(minute=0, second=0, microsecond=0)
        BOOK.add(Use(current_schema(), viewer.pk, permission, hour))


def tell(now: datetime) -> int:
    """Put the sums of hours that are over into the trail of the current schema; return how many.

    Some time after an hour is over: by then every process has stored its own.
    """
    with transaction.atomic():
        over = PermissionUse.objects.filter(hour__lt=now - HOUR - timedelta(minutes=1))
        found = sorted(all_locked(over), key=lambda one: one.hour)
        for one in found:
            details = {"permission": one.permission, "hour": one.hour.isoformat(), "times": one.times}
            audit.record("permission.used", now=now, actor=User(pk=one.user_id), details=details)
        PermissionUse.objects.filter(pk__in=[one.pk for one in found]).delete()
    return len(found)


def _store(sums: dict[Use, int]) -> None:
    columns: list[Any] = [
        [new_id() for _use in sums],
        [use.user for use in sums],
        [use.permission for use in sums],
        [use.hour for use in sums],
        [*sums.values()],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, columns)
