"""Lock first, read after (docs/adr/0020).

A statement that waits for a row's lock reads that row again afterwards, but not what it joins to it: those columns are
as old as the statement. So what a decision rests on is read by a second statement, which begins under the lock.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.db.models import Model, QuerySet

from apps.core.errors import Gone

M = TypeVar("M", bound=Model)
#: Keys in one statement, which takes 65,535 parameters.
AT_ONCE: Final = 30_000


def lock(rows: QuerySet[Any], *, no_key: bool = False, most: int | None = None) -> list[Any]:
    """Lock rows in the order of their keys, so that no two callers wait for each other; return the keys.

    ``no_key`` lets others refer to the rows meanwhile.
    """
    keys = rows.order_by("pk").select_for_update(of=("self",), no_key=no_key).values_list("pk", flat=True)
    return list(keys[:most])


def hold(name: str, *, shared: bool = False) -> None:
    """Let nobody else hold that name before this transaction ends: for what has no row yet, or many.

    Those who share it keep out only who would hold it alone.
    """
    lock = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(hashtext(%s))", [name])


def locked(rows: QuerySet[M], pk: Any) -> M:
    """Lock the row with that key, then read it, with what ``rows`` joins to it. Raises ``Gone``."""
    lock(rows.model._default_manager.filter(pk=pk))
    return still_there(rows, pk)


def still_there(rows: QuerySet[M], pk: Any) -> M:
    """Read the row with that key, under a lock that the caller holds. Raises ``Gone``."""
    try:
        return rows.get(pk=pk)
    except ObjectDoesNotExist:
        raise Gone("It no longer exists.") from None


def all_locked(rows: QuerySet[M], *, most: int | None = None, no_key: bool = False) -> Sequence[M]:
    """Lock the rows, then read those that are still among them, in the order of their keys."""
    keys = lock(rows.select_related(None), no_key=no_key, most=most)
    parts = [keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)]
    return [row for part in parts for row in rows.filter(pk__in=part).order_by("pk")]
