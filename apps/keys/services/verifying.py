"""Does every key unwrap, every ciphertext decrypt, and every digest fit what it is the digest of?"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from django_tenants.utils import schema_context

from apps import audit
from apps.core import crypto
from apps.keys import providers
from apps.keys.columns import Column, Digests, columns, columns_of_subjects, digests
from apps.keys.keyring import KEYRING, unwrapped
from apps.keys.models import DataKey
from apps.keys.services.fingerprinting import digests_left

TOLD_EVERY = 1000
#: How it is told that a key cannot be had.
Said = Callable[[Exception], str]
MEND = "a process of the version before wrote them, and the scheduler replaces them within an hour"


@dataclass(slots=True)
class Verified:
    """How many keys and values were looked at, and what is wrong: a sentence each."""

    keys: int = 0
    values: int = 0
    problems: list[str] = field(default_factory=list)


def verify(schema: str, progress: Callable[[int, int], None] = lambda *_: None, *, said: Said = str) -> Verified:
    """Look at everything of a schema that is encrypted; nothing is changed.

    ``said`` puts into words what a provider of keys answers, which names servers of the installation.
    """
    outcome = Verified()
    with schema_context(schema):
        KEYRING.forget(schema)
        for row in DataKey.objects.filter(tenant=schema).usable().order_by("purpose", "version"):
            outcome.keys += 1
            outcome.problems += _of_key(row, said)
        found, total = _values_of(schema, said)
        for problem in found:
            outcome.values += 1
            outcome.problems += problem
            if outcome.values % TOLD_EVERY == 0:
                progress(outcome.values, total)
        outcome.problems += chain.from_iterable(_of_digests(one, schema) for one in digests(schema))
        outcome.problems += [f"{one}: {count} digests without a key; {MEND}" for one, count in digests_left(schema)]
    return outcome


def note_verified(schema: str, outcome: Verified, *, now: datetime, actor: Any = None) -> None:
    """Keep in the trail of the tenant that somebody looked at everything, and what came of it."""
    details = {"keys": outcome.keys, "values": outcome.values, "problems": len(outcome.problems)}
    audit.record("data_key.verified", now=now, actor=actor, tenant=schema, details=details)


def _values_of(schema: str, said: Said) -> tuple[Iterator[list[str]], int]:
    """For each value what is wrong with it, and how many there are."""
    under_data_keys = list(columns(schema))
    under_others = list(columns_of_subjects(schema))
    found = chain.from_iterable(
        [
            *(_of_values(one, schema, said) for one in under_data_keys),
            *(_of_subjects(one, said) for one in under_others),
        ]
    )
    total = sum(one.rows(schema).count() for one in under_data_keys)
    return found, total + sum(one.of_subjects().count() for one in under_others)


def _of_subjects(column: Column, said: Said) -> Iterator[list[str]]:
    """What is under a key that was destroyed is as it should be."""
    for row in column.of_subjects().iterator(TOLD_EVERY):
        try:
            getattr(row, column.field.attname)
        except (crypto.Undecryptable, crypto.KeyAway) as refusal:
            yield [f"{column} {row.pk}: {_why(refusal, said)}"]
        else:
            yield []


def _of_key(row: DataKey, said: Said) -> list[str]:
    try:
        unwrapped(row)
    except (providers.Unavailable, providers.Lost) as error:
        return [f"{row.purpose} key {row.version}: {said(error)}"]
    return []


def _of_values(column: Column, schema: str, said: Said) -> Iterator[list[str]]:
    """For each value what is wrong with it: nothing, or one thing."""
    for pk, stored in column.rows(schema).values_list("pk", column.field.attname).iterator(TOLD_EVERY):
        try:
            crypto.decrypt(bytes(stored), schema=schema, place=column.place(pk))
        except (crypto.Undecryptable, crypto.KeyAway) as refusal:
            yield [f"{column} {pk}: {_why(refusal, said)}"]
        else:
            yield []


def _why(refusal: crypto.Undecryptable | crypto.KeyAway, said: Said) -> str:
    """What is wrong with a value itself names nothing but that."""
    return refusal.reason if isinstance(refusal, crypto.Undecryptable) else said(Exception(refusal.reason))


def _of_digests(one: Digests, schema: str) -> Iterator[str]:
    """What is wrong with digests, under whichever key they are; what they are of has been looked at before."""
    keys = DataKey.objects.of(schema, DataKey.Purpose.INDEX).usable().filter(unused_at=None)
    known = {row.slot: (row, key) for row in keys if (key := _had(row))}
    for row in one.rows().iterator(TOLD_EVERY):
        with suppress(crypto.Undecryptable, crypto.KeyAway):
            value = getattr(row, one.field.attname)
            for slot, (of, key) in known.items():
                digest = getattr(row, one.slots[slot].attname)
                if digest is None and value and of.state == DataKey.State.ACTIVE:
                    yield f"{one} {row.pk}: it has no digest"
                elif digest is not None and value and bytes(digest) not in one.slots[slot].digests(value, key):
                    yield f"{one} {row.pk}: its digest is another one"


def _had(row: DataKey) -> crypto.Key | None:
    """None where it cannot be had, which was told before."""
    with suppress(providers.Unavailable, providers.Lost):
        return unwrapped(row)
    return None
