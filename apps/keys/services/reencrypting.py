"""Writing anew, under the active key, what is under another one.

Each ciphertext says under which version it is, so there is nothing else to remember: whoever begins again goes on where
the one before was stopped, however that was. Rows that somebody else holds are left to the next pass.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context
from psycopg import sql

from apps.core import crypto
from apps.keys import signatures
from apps.keys.columns import Column, columns, digests
from apps.keys.keyring import KEYRING, SIGNS_FROM, UNWRAPPED_FOR
from apps.keys.models import DataKey
from apps.keys.services.counting import count
from apps.keys.services.making import record
from apps.keys.services.owning import move

Progress = Callable[[int, int], None]

BATCH: Final = 500
#: Seconds between two looks at how many values are under each key.
COUNTED_EVERY: Final = 10.0
#: The share of the time that counting may take.
COUNTING: Final = 0.05
#: After a rotation, other processes go on writing under the key before for as long as they remember it.
SETTLED: Final = timedelta(seconds=2 * UNWRAPPED_FOR)
#: For how long they go on signing by it: the next one begins late, and is noticed later.
SIGNED_ON: Final = SIGNS_FROM + SETTLED
WRITE: Final = """
    UPDATE {table} AS stored SET {column} = fresh.value FROM unnest(%s::uuid[], %s::bytea[]) AS fresh (pk, value)
    WHERE stored.{key} = fresh.pk RETURNING stored.{key}, stored.{column}
"""


class NotWhatWasWritten(RuntimeError):
    """A ciphertext does not come back as what was encrypted; its batch is undone."""


@dataclass(slots=True)
class Reencrypted:
    """``left``: rows that are still under another key, those that cannot be decrypted (``failed``) among them."""

    written: int = 0
    left: int = 0
    failed: list[str] = field(default_factory=list)


def reencrypt(schema: str, progress: Progress = lambda *_: None) -> Reencrypted:
    """Write everything of a schema that is not under its active key anew."""
    with schema_context(schema):
        KEYRING.forget(schema)
        version = crypto.keyring().active(schema, crypto.FIELD).version
        outcome, total = Reencrypted(), _elsewhere(schema, version)
        tell = _Counting(schema, progress)
        for column in columns(schema):
            last: Any = None
            while pks := _next_batch(column, schema, version, last, outcome):
                last = pks[-1]
                tell(outcome.written + len(outcome.failed), total)
        outcome.left = _elsewhere(schema, version)
    return outcome


class _Counting:
    """Tells how far it is, and has it noted for who looks on: so seldom that it takes little of the time."""

    def __init__(self, schema: str, progress: Progress) -> None:
        self._schema, self._progress, self._next = schema, progress, time.monotonic() + COUNTED_EVERY

    def __call__(self, done: int, total: int) -> None:
        self._progress(done, total)
        began = time.monotonic()
        if began >= self._next:
            with schema_context(get_public_schema_name()):
                count(self._schema, now=timezone.now())
            took = time.monotonic() - began
            self._next = began + max(COUNTED_EVERY, took / COUNTING)


def _elsewhere(schema: str, version: int) -> int:
    return sum(column.elsewhere(schema, version).count() for column in columns(schema))


@transaction.atomic
def _next_batch(column: Column, schema: str, version: int, last: Any, outcome: Reencrypted) -> list[Any]:
    """Write one batch of those after ``last``; returns the keys of what was looked at."""
    walk_in_order()
    rows = column.elsewhere(schema, version)
    rows = rows if last is None else rows.filter(pk__gt=last)
    held = rows.select_for_update(skip_locked=True, of=("self",), no_key=True)
    found = list(held.values_list("pk", column.field.attname)[:BATCH])
    plain: dict[Any, str] = {}
    for pk, stored in found:
        try:
            plain[pk] = crypto.decrypt(bytes(stored), schema=schema, place=column.place(pk))
        except crypto.Undecryptable as refusal:
            outcome.failed.append(f"{column} {pk}: {refusal.reason}")
    _write(column, schema, plain)
    outcome.written += len(plain)
    return [pk for pk, _ in found]


def walk_in_order() -> None:
    """Have the rows read by their keys: PostgreSQL, which expects few to be left, would sort all of them each time."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")


def _write(column: Column, schema: str, plain: dict[Any, str]) -> None:
    """Write, and read what was written: nothing is given up before the new ciphertext is known to be good."""
    fresh = [crypto.encrypt(text, schema=schema, place=column.place(pk)) for pk, text in plain.items()]
    meta = column.model._meta
    statement = sql.SQL(WRITE).format(
        table=sql.Identifier(meta.db_table),
        column=sql.Identifier(column.field.column),
        key=sql.Identifier(meta.pk.column),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(plain), fresh])
        written = cursor.fetchall()
    _check(column, schema, plain, written)


def _check(column: Column, schema: str, plain: dict[Any, str], written: Sequence[tuple[Any, Any]]) -> None:
    read = {pk: crypto.decrypt(bytes(stored), schema=schema, place=column.place(pk)) for pk, stored in written}
    if read != plain:
        raise NotWhatWasWritten(str(column))


def reencrypt_rest(schema: str, *, now: datetime, progress: Progress = lambda *_: None) -> Reencrypted:
    """Go on with what a rotation has left, and note the keys under which nothing is any more.

    Keys that it did not replace are wrapped by whoever wraps those of the schema now.
    """
    moved = move(schema, now=now)
    outcome = reencrypt(schema, progress)
    outcome.failed[:0] = moved.failed
    count(schema, now=now)
    note_unused(schema, DataKey.Purpose.FIELD, now=now)
    return outcome


def note_unused(schema: str, purpose: str, *, now: datetime) -> None:
    """Note the keys before the active one under which nothing is any more."""
    for key in _retired(schema, purpose).filter(retired_at__lte=now - SETTLED):
        if not is_in_use(key, now):
            _note_empty(key, now)


def _retired(schema: str, purpose: str = DataKey.Purpose.FIELD) -> Any:
    return DataKey.objects.of(schema, purpose).filter(state=DataKey.State.DECRYPT_ONLY, unused_at=None)


def has_rest(schema: str, purpose: str = DataKey.Purpose.FIELD) -> bool:
    """Whether a key before the active one may still have something under it, or one is still coming."""
    if purpose == DataKey.Purpose.INDEX:
        return DataKey.objects.filter(tenant=schema).unfinished().exists()
    return bool(_retired(schema, purpose).exists())


def is_in_use(key: DataKey, now: datetime) -> bool:
    """Whether something is under the key: a value or, as far as can be told, a link or token that is still good."""
    with schema_context(key.tenant):
        if key.purpose == DataKey.Purpose.SIGNING:
            since = signatures.live_since(now)
            return key.retired_at is None or (since is not None and since <= key.retired_at + SIGNED_ON)
        if key.purpose == DataKey.Purpose.INDEX:  # once it is noted as unused, the digests there are another key's
            return key.unused_at is None and any(one.having(key.slot).exists() for one in digests(key.tenant))
        return any(column.under(key.tenant, key.version).exists() for column in columns(key.tenant))


@transaction.atomic
def _note_empty(key: DataKey, now: datetime) -> None:
    if DataKey.objects.filter(pk=key.pk, unused_at=None).update(unused_at=now):
        record("data_key.emptied", key, now=now)
