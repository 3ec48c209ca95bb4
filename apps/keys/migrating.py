"""For migrations: a column that becomes ciphertext, or plain text again, in batches, whatever the code is like by then.

Tables are named as they are at that moment, and the keys of the schema are read by a statement that needs no model.
"""

import os
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from psycopg import sql

from apps.core import crypto
from apps.core.crypto import Key, Undecryptable
from apps.core.fields import new_id, packed, unpacked
from apps.keys import providers
from apps.keys.providers.local import LocalKeyring

#: Rows in a batch at the most.
MOST_AT_ONCE: Final = 1000
#: Version 0 is the last resort: it has been given up, and the next round of the scheduler writes anew what is under it.
KEYS: Final = """
    SELECT version, provider, wrapped FROM public.keys_datakey
    WHERE tenant = %s AND purpose = %s AND state <> 'destroyed' ORDER BY state = 'active' DESC, version DESC
"""
OWN_KEY_NAME: Final = "SELECT provider FROM public.keys_ownkey WHERE tenant = %s"
ADD_DATA_KEY: Final = """
    INSERT INTO public.keys_datakey (id, tenant, purpose, version, state, provider, wrapped, created_at)
    VALUES (%s, %s, %s, 1, 'active', %s, %s, %s)
"""
# A batch is found by its ids alone: of a column that has just come the database expects something else than there is,
# and would walk through the whole table each time.
PAGE: Final = "SELECT id FROM {table} WHERE id > %s ORDER BY id LIMIT %s"
FILLED: Final = "SELECT id, {columns} FROM {table} AS stored WHERE {filled} IS NOT NULL AND id = ANY(%s)"
WRITE: Final = """
    UPDATE {table} AS stored SET ({columns}) = ROW({values})
    FROM unnest(%s::uuid[], {types}) AS fresh (id, {columns}) WHERE stored.id = fresh.id
"""
OWN_KEY: Final = "(SELECT secret FROM public.keys_subjectkey AS k WHERE k.id = stored.key_id)"
ADD_KEYS: Final = """
    INSERT INTO public.keys_subjectkey (id, tenant, secret)
    SELECT fresh.id, %s, fresh.secret FROM unnest(%s::uuid[], %s::bytea[]) AS fresh (id, secret)
"""
DELETE_KEYS: Final = "DELETE FROM public.keys_subjectkey WHERE id = ANY(%s)"
#: People without a key and with one; messages to people who have one, whose own key it is not yet, and whose it is.
WITHOUT_KEY: Final = """
    SELECT stored.id, {columns} FROM {table} AS stored
    WHERE stored.key_id IS NULL AND stored.id = ANY(%s)
"""
WITH_KEY: Final = """
    SELECT stored.id, {columns}, stored.key_id, {own_key} FROM {table} AS stored
    WHERE stored.key_id IS NOT NULL AND stored.id = ANY(%s)
"""
# Whom a row is to is looked up for each row: joined, all people would be walked through for every batch.
THEY: Final = """
    CROSS JOIN LATERAL (
        SELECT one.key_id FROM ({people}) AS one WHERE one.recipient = stored.recipient_id OFFSET 0
    ) AS person
"""
TO_THEM: Final = """
    SELECT stored.id, {columns}, person.key_id,
        (SELECT secret FROM public.keys_subjectkey AS k WHERE k.id = person.key_id)
    FROM {table} AS stored {they} WHERE stored.key_id IS NULL AND stored.id = ANY(%s)
"""
FROM_THEM: Final = """
    SELECT stored.id, {columns}, stored.key_id, {own_key} FROM {table} AS stored {they}
    WHERE stored.key_id IS NOT NULL AND stored.id = ANY(%s)
"""
#: Digests have small letters, fingerprints capitals.
DIGESTS: Final = "SELECT id, {said} FROM {table} AS stored WHERE {said} ~ '[a-f]' AND id = ANY(%s)"
ANY_DIGEST: Final = "SELECT count(*) FROM {table} AS stored WHERE {said} ~ '[a-f]'"
REPLACE: Final = """
    UPDATE {table} AS stored SET {column} = {value}
    FROM unnest(%s::uuid[], %s::text[]) AS fresh (id, value) WHERE stored.id = fresh.id AND stored.id = ANY(%s)
"""
Rows = Sequence[tuple[Any, ...]]


class SchemaKeys:
    """A schema that is migrated, over a connection that owns it, and its data keys, unwrapped when they are needed."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._known: dict[str, dict[int, Key]] = {}
        self.name: str = connection.schema_name
        self.alias: str = connection.alias

    def run(self, statement: Any, parameters: Sequence[Any]) -> Rows:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def batches(self, table: str, size: int, statement: Any) -> Iterator[Rows]:
        """What the statement says of the rows of a table, whose ids it takes, some at a time; nothing empty."""
        page, last = sql.SQL(PAGE).format(table=sql.Identifier(table)), UUID(int=0)
        while ids := [pk for (pk,) in self.run(page, [last, min(size, MOST_AT_ONCE)])]:
            if rows := self.run(statement, [ids]):
                yield rows
            last = ids[-1]

    def active(self, _schema: str, purpose: str) -> Key:
        return next(iter(self._of(purpose).values()))

    def version(self, _schema: str, purpose: str, number: int) -> Key:
        try:
            return self._of(purpose)[number]
        except KeyError as error:
            raise Undecryptable(f"there is no key of version {number}") from error

    def _of(self, purpose: str) -> dict[int, Key]:
        if purpose not in self._known:
            stored = {
                version: Key(version, providers.named(name).unwrap(bytes(wrapped), f"{self.name}|{purpose}|{version}"))
                for version, name, wrapped in self.run(KEYS, [self.name, purpose])
            }
            self._known[purpose] = stored or self._first(purpose)
        return self._known[purpose]

    def _first(self, purpose: str) -> dict[int, Key]:
        """Of a schema that has none: there is no fingerprint yet either, so the key of fingerprints is made now."""
        if purpose != crypto.FINGERPRINT:
            return {0: self._derived(purpose)}
        secret, own = os.urandom(crypto.KEY_BYTES), self.run(OWN_KEY_NAME, [self.name])
        provider = providers.named(own[0][0]) if own else providers.current()
        wrapped = provider.wrap(secret, f"{self.name}|{purpose}|1")
        self.run(ADD_DATA_KEY, [new_id(), self.name, purpose, provider.name, wrapped, timezone.now()])
        return {1: Key(1, secret)}

    def _derived(self, purpose: str) -> Key:
        """What a process of before keys were stored went by; making the first keys adopts it afterwards."""
        return Key(0, LocalKeyring(settings.ENCRYPTION_KEY).version_0(self.name, purpose))

    def encrypt(self, plain: str, place: str) -> bytes:
        return crypto.encrypt(plain, schema=self.name, place=place, keys=self)

    def decrypt(self, stored: bytes, place: str) -> str:
        return crypto.decrypt(bytes(stored), schema=self.name, place=place, keys=self)


@dataclass(frozen=True, slots=True)
class Sealing(ABC):
    """``plain``, a column of the type ``kind``, becomes ``sealed``, bound to ``place`` (``app.model|field``)."""

    table: str
    plain: str
    sealed: str
    place: str
    kind: str = "text"
    batch: int = MOST_AT_ONCE

    def forwards(self, _apps: Any, editor: Any) -> None:
        schema = SchemaKeys(editor.connection)
        for rows in self._batches(schema, self.plain, sql.SQL("{}::text").format(sql.Identifier(self.plain))):
            self._seal(schema, rows)

    def backwards(self, _apps: Any, editor: Any) -> None:
        schema = SchemaKeys(editor.connection)
        for rows in self._batches(schema, self.sealed, self._of_sealed()):
            self._write(schema, {self.plain: self.kind}, self._opened(schema, rows))

    def _batches(self, schema: SchemaKeys, filled: str, columns: Any) -> Iterator[Rows]:
        names = {"table": sql.Identifier(self.table), "filled": sql.Identifier(filled), "columns": columns}
        return schema.batches(self.table, self.batch, sql.SQL(FILLED).format(**names))

    def _write(self, schema: SchemaKeys, columns: dict[str, str], rows: Rows) -> None:
        """Rows are an id and a value for each of the columns, whose types these are."""
        schema.run(_update(self.table, columns), _by_column(rows))

    def _of_sealed(self) -> Any:
        return sql.Identifier(self.sealed)

    @abstractmethod
    def _seal(self, schema: SchemaKeys, rows: Rows) -> None:
        """Write what is plain in these rows as ciphertext."""

    @abstractmethod
    def _opened(self, schema: SchemaKeys, rows: Rows) -> Rows:
        """The same rows, each an id and what was plain."""


@dataclass(frozen=True, slots=True)
class UnderDataKey(Sealing):
    """Under the schema's data key; ``index`` is the column of digests beside it."""

    index: str = ""

    def _seal(self, schema: SchemaKeys, rows: Rows) -> None:
        sealed: Rows = [
            (pk, schema.encrypt(text, f"{self.place}|{pk}"), *self._digest(schema, text)) for pk, text in rows
        ]
        self._write(schema, {self.sealed: "bytea"} | ({self.index: "bytea"} if self.index else {}), sealed)

    def _digest(self, schema: SchemaKeys, text: str) -> list[bytes]:
        if not self.index:
            return []
        return [crypto.blind_index(text, schema=schema.name, field=self.place, keys=schema)]

    def _opened(self, schema: SchemaKeys, rows: Rows) -> Rows:
        return [(pk, schema.decrypt(stored, f"{self.place}|{pk}")) for pk, stored in rows]


@dataclass(frozen=True, slots=True)
class UnderKeyOfRow(Sealing):
    """Compressed, under a key for each row, to which its ``key_id`` leads."""

    def _seal(self, schema: SchemaKeys, rows: Rows) -> None:
        secret_of = {uuid4(): secrets.token_hex(crypto.KEY_BYTES) for _ in rows}
        kept = [schema.encrypt(secret, _place_of(key)) for key, secret in secret_of.items()]
        schema.run(ADD_KEYS, [schema.name, list(secret_of), kept])
        sealed = [
            (pk, crypto.seal(packed(text), _cipher(secret), schema=schema.name, place=f"{self.place}|{pk}"), key)
            for (pk, text), (key, secret) in zip(rows, secret_of.items(), strict=True)
        ]
        self._write(schema, {self.sealed: "bytea", "key_id": "uuid"}, sealed)

    def _opened(self, schema: SchemaKeys, rows: Rows) -> Rows:
        opened = []
        for pk, stored, key, secret in rows:
            cipher = _cipher(schema.decrypt(secret, _place_of(key)))
            text = crypto.unseal(bytes(stored), cipher, schema=schema.name, place=f"{self.place}|{pk}")
            opened.append((pk, unpacked(text)))
        schema.run(DELETE_KEYS, [[key for _, _, key, _ in rows]])
        return opened

    def _of_sealed(self) -> Any:
        return sql.SQL("{}, key_id, {}").format(sql.Identifier(self.sealed), sql.SQL(OWN_KEY))


@dataclass(frozen=True, slots=True)
class UnderKeyOfPerson:
    """``columns`` of a model (``app.model``) that are under the data key go, in place, under a key for each row.

    What does not decrypt is left as it is: ``keys verify`` tells of it as before.
    """

    table: str
    model: str
    columns: tuple[str, ...]
    batch: int = MOST_AT_ONCE

    def forwards(self, _apps: Any, editor: Any) -> None:
        schema = SchemaKeys(editor.connection)
        for rows in self._batches(schema, WITHOUT_KEY, ""):
            secret_of = {uuid4(): secrets.token_hex(crypto.KEY_BYTES) for _ in rows}
            kept = [schema.encrypt(secret, _place_of(key)) for key, secret in secret_of.items()]
            schema.run(ADD_KEYS, [schema.name, list(secret_of), kept])
            self._seal(schema, [(*row, *key) for row, key in zip(rows, secret_of.items(), strict=True)])

    def backwards(self, _apps: Any, editor: Any) -> None:
        """Of who was erased nothing comes back: there the columns say nothing."""
        schema = SchemaKeys(editor.connection)
        for rows in self._batches(schema, WITH_KEY, ""):
            self._open(schema, rows)
            schema.run(DELETE_KEYS, [[key for *_, key, _ in rows]])

    def _batches(self, schema: SchemaKeys, statement: str, people: str) -> Iterator[Rows]:
        columns = sql.SQL(", ").join(sql.Identifier("stored", one) for one in self.columns)
        names = {"columns": columns, "table": sql.Identifier(self.table), "own_key": sql.SQL(OWN_KEY)}
        they = sql.SQL(THEY).format(people=sql.SQL(people))
        return schema.batches(self.table, self.batch, sql.SQL(statement).format(they=they, **names))

    def _seal(self, schema: SchemaKeys, rows: Rows) -> None:
        sealed = []
        for pk, *stored, key, secret in rows:
            with suppress(Undecryptable):
                plain = [schema.decrypt(one, place) for one, place in self._placed(pk, stored)]
                cipher = _cipher(secret)
                fresh = [crypto.seal(one, cipher, schema=schema.name, place=at) for one, at in self._placed(pk, plain)]
                sealed.append((pk, key, *fresh))
        self._write(schema, sealed)

    def _open(self, schema: SchemaKeys, rows: Rows) -> None:
        opened = []
        for pk, *stored, key, secret in rows:
            cipher = None if secret is None else _cipher(schema.decrypt(secret, _place_of(key)))
            fresh = [schema.encrypt(_plain(schema, one, at, cipher), at) for one, at in self._placed(pk, stored)]
            opened.append((pk, None, *fresh))
        self._write(schema, opened)

    def _placed(self, pk: UUID, values: Sequence[Any]) -> list[tuple[Any, str]]:
        return [(one, f"{self.model}|{column}|{pk}") for column, one in zip(self.columns, values, strict=True)]

    def _write(self, schema: SchemaKeys, rows: Rows) -> None:
        if rows:
            schema.run(
                _update(self.table, {"key_id": "uuid", **dict.fromkeys(self.columns, "bytea")}), _by_column(rows)
            )


@dataclass(frozen=True, slots=True)
class UnderKeyOfRecipient(UnderKeyOfPerson):
    """The same of messages, for which the key is there: ``people`` asks for ``recipient`` and ``key_id`` of each."""

    people: str = ""

    def forwards(self, _apps: Any, editor: Any) -> None:
        schema = SchemaKeys(editor.connection)
        for rows in self._batches(schema, TO_THEM, self.people):
            known = {key: schema.decrypt(secret, _place_of(key)) for *_, key, secret in rows if secret is not None}
            self._seal(schema, [(*row, known[row[-1]]) for *row, _ in rows if row[-1] in known])

    def backwards(self, _apps: Any, editor: Any) -> None:
        schema = SchemaKeys(editor.connection)
        for rows in self._batches(schema, FROM_THEM, self.people):
            self._open(schema, rows)


@dataclass(frozen=True, slots=True)
class Fingerprinting:
    """Digests in ``column`` become fingerprints; where it is JSON, those under the name ``part``.

    Equal digests become equal fingerprints, so whatever named each other by them goes on to.
    """

    table: str
    column: str
    part: str = ""

    def forwards(self, _apps: Any, editor: Any) -> None:
        self.replace(SchemaKeys(editor.connection))

    def left(self, schema: SchemaKeys) -> int:
        """How many digests there are."""
        ((count,),) = schema.run(self._statement(ANY_DIGEST), [])
        return int(count)

    def replace(self, schema: SchemaKeys) -> None:
        for rows in schema.batches(self.table, MOST_AT_ONCE, self._statement(DIGESTS)):
            try:
                self._write(schema, [(pk, self._fingerprint(schema, digest)) for pk, digest in rows])
            except IntegrityError:
                self._write_each(schema, rows)

    def _write_each(self, schema: SchemaKeys, rows: Rows) -> None:
        """Where the same content was stored under its fingerprint too, by a newer process, that is what is found."""
        for pk, digest in rows:
            try:
                self._write(schema, [(pk, self._fingerprint(schema, digest))])
            except IntegrityError:
                self._write(schema, [(pk, self._fingerprint(schema, f"{pk} {digest}"))])

    def _write(self, schema: SchemaKeys, fresh: Rows) -> None:
        with transaction.atomic(using=schema.alias):
            ids, values = _by_column(fresh)
            schema.run(self._statement(REPLACE), [ids, values, ids])

    def _fingerprint(self, schema: SchemaKeys, digest: str) -> str:
        return crypto.fingerprint(digest, schema=schema.name, keys=schema)

    def _statement(self, statement: str) -> Any:
        column, part = sql.Identifier("stored", self.column), sql.Literal(self.part)
        said = sql.SQL("({} ->> {})").format(column, part) if self.part else column
        changed = sql.SQL("jsonb_set({}, ARRAY[{}], to_jsonb(fresh.value))").format(column, part)
        value = changed if self.part else sql.SQL("fresh.value")
        names = {"table": sql.Identifier(self.table), "column": sql.Identifier(self.column)}
        return sql.SQL(statement).format(said=said, value=value, **names)


def _plain(schema: SchemaKeys, stored: bytes, place: str, cipher: AESGCM | None) -> str:
    if cipher is None:
        return ""
    if bytes(stored[:1]) != crypto.SEALED:
        return schema.decrypt(stored, place)
    return crypto.unseal(bytes(stored), cipher, schema=schema.name, place=place)


def _update(table: str, columns: Mapping[str, str]) -> Any:
    """A statement that takes ids, then values of each of the columns, whose types these are."""
    names = [sql.Identifier(name) for name in columns]
    values = [sql.SQL("fresh.{}::{}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns.items()]
    as_sent = [sql.SQL("%s::{}[]").format(sql.SQL("text" if kind == "jsonb" else kind)) for kind in columns.values()]
    return sql.SQL(WRITE).format(
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(names),
        values=sql.SQL(", ").join(values),
        types=sql.SQL(", ").join(as_sent),
    )


def _by_column(rows: Rows) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _place_of(key: Any) -> str:
    return f"keys.subjectkey|secret|{key}"


def _cipher(secret: str) -> AESGCM:
    return AESGCM(bytes.fromhex(secret))
