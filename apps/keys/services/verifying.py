"""Does every key unwrap, every ciphertext decrypt, and every digest fit what it is the digest of?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django_tenants.utils import schema_context

from apps.core import crypto
from apps.keys import providers
from apps.keys.columns import Column, columns
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
        found = list(columns(schema))
        total = sum(column.rows(schema).count() for column in found)
        for column in found:
            for problem in _of_values(column, schema):
                outcome.values += 1
                outcome.problems += problem
                if outcome.values % TOLD_EVERY == 0:
                    progress(outcome.values, total)
    return outcome


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
