"""For migrations: a column that becomes ciphertext, or plain text again, in batches, whatever the code is like by then.

Tables are named as they are at that moment, and the keys of the schema are read by a statement that needs no model.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql

from apps.core import crypto
from apps.core.crypto import Key, KeyAway, Undecryptable
from apps.keys import providers

#: Version 0 is the last resort: it has been given up, and the next round of the scheduler writes anew what is under it.
KEYS: Final = """
    SELECT version, provider, wrapped FROM public.keys_datakey
    WHERE tenant = %s AND purpose = %s AND state <> 'destroyed' ORDER BY state = 'active' DESC, version DESC
"""
NEXT: Final = (
    "SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL AND (%s::uuid IS NULL OR id > %s) ORDER BY id"
)
WRITE: Final = """
    UPDATE {table} AS stored SET {changes}
    FROM unnest(%s::uuid[], %s::{kind}[], %s::bytea[]) AS fresh (id, value, digest) WHERE stored.id = fresh.id
"""


class SchemaKeys:
    """The keys of one schema, over a connection that owns it; each is unwrapped when it is needed."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._known: dict[str, dict[int, Key]] = {}

    def active(self, schema: str, purpose: str) -> Key:
        keys = self._of(schema, purpose)
        if not keys:
            raise KeyAway(f"{schema} has no key of the purpose {purpose}")
        return next(iter(keys.values()))

    def version(self, schema: str, purpose: str, number: int) -> Key:
        try:
            return self._of(schema, purpose)[number]
        except KeyError as error:
            raise Undecryptable(f"there is no key of version {number}") from error

    def _of(self, schema: str, purpose: str) -> dict[int, Key]:
        if purpose not in self._known:
            with self._connection.cursor() as cursor:
                cursor.execute(KEYS, [schema, purpose])
                rows = cursor.fetchall()
            self._known[purpose] = {
                version: Key(version, providers.named(name).unwrap(bytes(wrapped), f"{schema}|{purpose}|{version}"))
                for version, name, wrapped in rows
            }
        return self._known[purpose]


@dataclass(frozen=True, slots=True)
class Sealing:
    """``plain`` becomes ``sealed``, bound to ``place`` (``app.model|field``), beside it the digest ``index``."""

    table: str
    plain: str
    sealed: str
    place: str
    index: str = ""
    kind: str = "text"
    batch: int = 1000

    def forwards(self, _apps: Any, editor: Any) -> None:
        keys = SchemaKeys(editor.connection)
        schema = editor.connection.schema_name

        def seal(pk: Any, text: str) -> tuple[bytes, bytes | None]:
            digest = crypto.blind_index(text, schema=schema, field=self.place, keys=keys) if self.index else None
            return crypto.encrypt(text, schema=schema, place=f"{self.place}|{pk}", keys=keys), digest

        self._go(editor, self.plain, self.sealed, "bytea", seal)

    def backwards(self, _apps: Any, editor: Any) -> None:
        keys = SchemaKeys(editor.connection)
        schema = editor.connection.schema_name

        def unseal(pk: Any, stored: Any) -> tuple[str, None]:
            return crypto.decrypt(bytes(stored), schema=schema, place=f"{self.place}|{pk}", keys=keys), None

        self._go(editor, self.sealed, self.plain, self.kind, unseal)

    def _go(self, editor: Any, source: str, target: str, kind: str, turned: Callable[[Any, Any], Any]) -> None:
        names = {"table": sql.Identifier(self.table), "column": sql.Identifier(source), "kind": sql.SQL(kind)}
        changes = [sql.SQL("{} = fresh.value").format(sql.Identifier(target))]
        if self.index and target == self.sealed:
            changes.append(sql.SQL("{} = fresh.digest").format(sql.Identifier(self.index)))
        find = sql.SQL(NEXT + " LIMIT {limit}").format(**names, limit=sql.Literal(self.batch))
        write = sql.SQL(WRITE).format(**names, changes=sql.SQL(", ").join(changes))
        last = None
        with editor.connection.cursor() as cursor:
            while True:
                cursor.execute(find, [last, last])
                found = cursor.fetchall()
                if not found:
                    return
                fresh = [turned(pk, value) for pk, value in found]
                last = found[-1][0]
                pks = [pk for pk, _ in found]
                cursor.execute(write, [pks, [value for value, _ in fresh], [digest for _, digest in fresh]])
