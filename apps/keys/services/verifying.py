"""Does every key unwrap, every ciphertext decrypt, and every digest fit what it is the digest of?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from django_tenants.utils import schema_context

from apps import audit
from apps.core import crypto
from apps.keys import providers
from apps.keys.columns import Column, columns, columns_of_subjects
from apps.keys.keyring import KEYRING, unwrapped
from apps.keys.models import DataKey

TOLD_EVERY = 1000


@dataclass(slots=True)
class Verified:
    """How many keys and values were looked at, and what is wrong: a sentence each."""

    keys: int = 0
    values: int = 0
    problems: list[str] = field(default_factory=list)


def verify(schema: str, progress: Callable[[int, int], None] = lambda *_: None) -> Verified:
    """Look at everything of a schema that is encrypted; nothing is changed."""
    outcome = Verified()
    with schema_context(schema):
        KEYRING.forget(schema)
        for row in DataKey.objects.filter(tenant=schema).usable().order_by("purpose", "version"):
            outcome.keys += 1
            outcome.problems += _of_key(row)
        found, total = _values_of(schema)
        for problem in found:
            outcome.values += 1
            outcome.problems += problem
            if outcome.values % TOLD_EVERY == 0:
                progress(outcome.values, total)
    return outcome


def note_verified(schema: str, outcome: Verified, *, now: datetime) -> None:
    """Keep in the trail of the tenant that somebody looked at everything, and what came of it."""
    details = {"keys": outcome.keys, "values": outcome.values, "problems": len(outcome.problems)}
    audit.record("data_key.verified", now=now, tenant=schema, details=details)


def _values_of(schema: str) -> tuple[Iterator[list[str]], int]:
    """For each value what is wrong with it, and how many there are."""
    under_data_keys = list(columns(schema))
    under_others = list(columns_of_subjects(schema))
    found = chain.from_iterable(
        [*(_of_values(one, schema) for one in under_data_keys), *map(_of_subjects, under_others)]
    )
    total = sum(one.rows(schema).count() for one in under_data_keys)
    return found, total + sum(one.of_subjects().count() for one in under_others)


def _of_subjects(column: Column) -> Iterator[list[str]]:
    """What is under a key that was destroyed is as it should be."""
    for row in column.of_subjects().iterator(TOLD_EVERY):
        try:
            plain = getattr(row, column.field.attname)
        except (crypto.Undecryptable, crypto.KeyAway) as refusal:
            yield [f"{column} {row.pk}: {refusal.reason}"]
        else:
            yield _of_digest(column, row, plain)


def _of_digest(column: Column, row: Any, plain: str) -> list[str]:
    """Of somebody who was erased there is none that would fit."""
    if (
        column.index is None
        or row.key.is_destroyed
        or bytes(getattr(row, column.index.attname)) == (column.index.digest(plain))
    ):
        return []
    return [f"{column} {row.pk}: its digest is another one"]


def _of_key(row: DataKey) -> list[str]:
    try:
        unwrapped(row)
    except (providers.Unavailable, providers.Lost) as error:
        return [f"{row.purpose} key {row.version}: {error}"]
    return []


def _of_values(column: Column, schema: str) -> Iterator[list[str]]:
    """For each value what is wrong with it: nothing, or one thing."""
    digests = [column.index.attname] if column.index else []
    for pk, stored, *digest in (
        column.rows(schema).values_list("pk", column.field.attname, *digests).iterator(TOLD_EVERY)
    ):
        yield _of_value(column, schema, pk, bytes(stored), *(bytes(one) for one in digest))


def _of_value(column: Column, schema: str, pk: Any, stored: bytes, digest: bytes | None = None) -> list[str]:
    try:
        plain = crypto.decrypt(stored, schema=schema, place=column.place(pk))
        if column.index and digest != column.index.digest(plain):
            return [f"{column} {pk}: its digest is another one"]
    except (crypto.Undecryptable, crypto.KeyAway) as refusal:
        return [f"{column} {pk}: {refusal.reason}"]
    return []
