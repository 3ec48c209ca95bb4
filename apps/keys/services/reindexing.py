"""Replacing the key of digests, under which people are found, while everybody goes on finding and adding people.

A digest does not say under which key it is, it stands in unique constraints, and for five minutes processes disagree
about the keys. So two keys take turns in two columns, each with its constraint, and between two steps there is time for
every process to notice the one before:

====================  ==================  ==========  =====================================================
the new key is        the one before is   look-ups    to go on
====================  ==================  ==========  =====================================================
coming                active              before      every row has a digest under both
active                leaving             new one     the same again
active                decrypt-only        new one     no row has a digest under the one before
active                noted as unused     new one
====================  ==================  ==========  =====================================================

A process that knows a step and one that knows the next have a column in common that both write, so no address comes
twice, and each looks in a column that is complete. What is left to do is seen in the columns themselves: whoever is
killed is followed by whoever comes next.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django_tenants.utils import schema_context
from psycopg import errors, sql

from apps.core import crypto
from apps.core.locking import lock
from apps.keys.columns import Digests, digests, other
from apps.keys.keyring import KEYRING
from apps.keys.models import DataKey
from apps.keys.services.making import record
from apps.keys.services.reencrypting import BATCH, SETTLED, Progress, walk_in_order

#: Less than the second after which PostgreSQL looks for deadlocks: whoever adds people is never the one that is ended.
PATIENCE: Final = "SET LOCAL lock_timeout = '300ms'"
LOCK: Final = "LOCK TABLE {table} IN SHARE MODE"
WRITE: Final = """
    UPDATE {table} AS stored SET {column} = fresh.value FROM unnest(%s::uuid[], %s::bytea[]) AS fresh (pk, value)
    WHERE stored.{key} = fresh.pk
"""
FOUND_TWICE: Final = "another row is found by the same"
Rows = Callable[[Digests], "QuerySet[Any]"]
Work = Callable[[Digests, Sequence[Any]], None]


@dataclass(slots=True)
class Reindexed:
    """How many digests were ``written`` or removed; ``left``: rows of which that is still to be done."""

    written: int = 0
    left: int = 0
    failed: list[str] = field(default_factory=list)


def reindex(schema: str, *, now: datetime, progress: Progress = lambda *_: None) -> Reindexed:
    """Take the step that has come of a replacement that is under way; of a step that is not over, what can be done."""
    key = DataKey.objects.filter(tenant=schema).unfinished().first()
    if key is None:
        return Reindexed()
    if key.state == DataKey.State.COMING:
        outcome = _take_into_use(key, now, progress)
    elif key.state == DataKey.State.LEAVING:
        outcome = _let_go(key, now, progress)
    else:
        outcome = _empty(key, now, progress)
    KEYRING.forget(schema)
    _count(schema, now)
    return outcome


def clear(schema: str, slot: int, progress: Progress = lambda *_: None) -> Reindexed:
    """Remove the digests of a slot."""
    outcome = Reindexed()

    def remove(one: Digests, rows: Sequence[Any]) -> None:
        _write(one, slot, {row.pk: None for row in rows})
        outcome.written += len(rows)

    return _walk(schema, lambda one: one.having(slot), remove, outcome, progress)


def _take_into_use(key: DataKey, now: datetime, progress: Progress) -> Reindexed:
    """Look for digests under the coming key, once each row has one."""

    def switch() -> None:
        before = DataKey.objects.of(key.tenant, DataKey.Purpose.INDEX).active()
        before.update(state=DataKey.State.LEAVING, retired_at=now, moved_at=Now())
        _move(key, state=DataKey.State.ACTIVE)
        record("data_key.rotated", key, now=now)

    return _move_on_once_whole(key, key.slot, switch, progress)


def _let_go(key: DataKey, now: datetime, progress: Progress) -> Reindexed:
    """Write no more digests under the key before, once it is certain that each row has one under the one after."""

    def retire() -> None:
        _move(key, state=DataKey.State.DECRYPT_ONLY)
        record("data_key.retired", key, now=now)

    return _move_on_once_whole(key, other(key.slot), retire, progress)


def _empty(key: DataKey, now: datetime, progress: Progress) -> Reindexed:
    """Remove what is under the key before, once nobody writes there any more."""
    if not _is_settled(key):
        return Reindexed(left=_held(key.tenant, key.slot))
    outcome = clear(key.tenant, key.slot, progress)
    if not outcome.left:
        with transaction.atomic():
            if DataKey.objects.filter(pk=key.pk, unused_at=None).update(unused_at=now):
                record("data_key.emptied", key, now=now)
    return outcome


def _move(key: DataKey, **changes: Any) -> None:
    DataKey.objects.filter(pk=key.pk).update(moved_at=Now(), **changes)


def _is_settled(key: DataKey) -> bool:
    """Whether every process knows in which state the key is: by one clock, that of the database."""
    return DataKey.objects.filter(pk=key.pk, moved_at__lte=Now() - SETTLED).exists()


def _move_on_once_whole(key: DataKey, slot: int, move: Callable[[], None], progress: Progress) -> Reindexed:
    """Fill the slot, and go on if nothing was left and every process has noticed that it is to be filled."""
    outcome = _fill(key.tenant, slot, progress)
    if not outcome.left and _is_settled(key):
        try:
            with transaction.atomic():
                lock(DataKey.objects.of(key.tenant, DataKey.Purpose.INDEX))
                is_as_read = DataKey.objects.filter(pk=key.pk, state=key.state).exists()
                if is_as_read and _is_whole(key.tenant, slot):
                    move()
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.LockNotAvailable):
                raise  # else somebody is writing: the next time
    return outcome


def _is_whole(schema: str, slot: int) -> bool:
    """Whether each row has a digest there, those that somebody has not committed yet too: nobody writes meanwhile."""
    with schema_context(schema), connection.cursor() as cursor:
        cursor.execute(PATIENCE)
        for one in digests(schema):
            cursor.execute(sql.SQL(LOCK).format(table=sql.Identifier(one.model._meta.db_table)))
    return not _how_many(schema, lambda one: one.lacking(slot))


def _fill(schema: str, slot: int, progress: Progress) -> Reindexed:
    """Write digests there for the rows that have none."""
    outcome = Reindexed()
    KEYRING.forget(schema)
    key = crypto.index_keys(schema).written[slot]

    def fill(one: Digests, rows: Sequence[Any]) -> None:
        fresh: dict[Any, bytes | None] = {}
        for row in rows:
            try:
                value = getattr(row, one.field.attname)
                fresh[row.pk] = one.slots[slot].digest(value, key) if value else None
            except crypto.Undecryptable as refusal:
                outcome.failed.append(f"{one} {row.pk}: {refusal.reason}")
        _store(one, slot, fresh, outcome)
        _write(one, other(slot), {pk: None for pk, digest in fresh.items() if digest is None})  # erased: found no more

    return _walk(schema, lambda one: one.lacking(slot), fill, outcome, progress)


def _store(one: Digests, slot: int, fresh: dict[Any, bytes | None], outcome: Reindexed) -> None:
    """Where the digest of one is another row's, which only damage can have brought about, the others are stored."""
    try:
        with transaction.atomic():
            _write(one, slot, fresh)
    except IntegrityError:
        if len(fresh) == 1:
            outcome.failed.append(f"{one} {next(iter(fresh))}: {FOUND_TWICE}")
        else:
            for pk, digest in fresh.items():
                _store(one, slot, {pk: digest}, outcome)
    else:
        outcome.written += len(fresh)


def _write(one: Digests, slot: int, fresh: dict[Any, bytes | None]) -> None:
    meta = one.model._meta
    statement = sql.SQL(WRITE).format(
        table=sql.Identifier(meta.db_table),
        column=sql.Identifier(one.slots[slot].column),
        key=sql.Identifier(meta.pk.column),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(fresh), list(fresh.values())])


def _walk(schema: str, rows_of: Rows, work: Work, outcome: Reindexed, progress: Progress) -> Reindexed:
    """Do the work with these rows, in batches that hold them; what somebody else holds is left to the next time."""
    done, total = 0, _how_many(schema, rows_of)
    with schema_context(schema):
        for one in digests(schema):
            last: Any = None
            while pks := _next_batch(one, rows_of, last, work):
                last, done = pks[-1], done + len(pks)
                progress(done, total)
    outcome.left = _how_many(schema, rows_of)
    return outcome


@transaction.atomic
def _next_batch(one: Digests, rows_of: Rows, last: Any, work: Work) -> list[Any]:
    """Do it with those after ``last``, but for rows that others hold, or refer to just now: nobody is waited for."""
    walk_in_order()
    rows = rows_of(one)
    rows = rows if last is None else rows.filter(pk__gt=last)
    batch = list(rows.select_for_update(skip_locked=True, of=("self",))[:BATCH])
    work(one, batch)
    return [row.pk for row in batch]


def _how_many(schema: str, rows_of: Rows) -> int:
    with schema_context(schema):
        return sum(rows_of(one).count() for one in digests(schema))


def _held(schema: str, slot: int) -> int:
    return _how_many(schema, lambda one: one.having(slot))


def _count(schema: str, now: datetime) -> None:
    """Note how many digests are under each key."""
    for key in DataKey.objects.of(schema, DataKey.Purpose.INDEX).usable():
        values = 0 if key.unused_at else _held(schema, key.slot)
        DataKey.objects.filter(pk=key.pk).update(values=values, counted_at=now)
