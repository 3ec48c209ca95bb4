"""Making keys. The first data keys come with a schema, by the upkeep of tenants."""

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps import audit
from apps.core import crypto
from apps.core.crypto import KEY_BYTES
from apps.core.errors import Refused
from apps.keys import providers
from apps.keys.columns import columns
from apps.keys.keyring import KEYRING
from apps.keys.models import DataKey, OwnKey, RecoveryKey, SubjectKey
from apps.keys.providers.local import LocalKeyring
from apps.tenants.provisioning import OWNER, owner_in
from resimate_text.sentences import Sentence

#: Of these tables those that a schema has by now.
THERE: Final = "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NOT NULL"


KEYS_AT_ONCE: Final = 1000


class NewKeyCannotBeWrapped(Refused):
    code = "key_provider_away"
    status = 503
    title = "The provider of keys cannot be reached"


def without_keys(schemas: Sequence[str]) -> Iterator[str]:
    """Find those that lack a key, asked of all of them in one query."""
    active = set(DataKey.objects.using(OWNER).active().filter(tenant__in=schemas).values_list("tenant", "purpose"))
    return (schema for schema in schemas if any((schema, one) not in active for one in _wanted(schema)))


def make_first_keys(schema: str) -> None:
    """Give a schema the keys that it lacks; the template has none, since nothing is written there.

    A tenant that a process of before keys were stored has made keeps those that were derived for it, as version 0.
    """
    now = timezone.now()
    is_of_before = _is_of_before(schema)
    with owner_in("public"), transaction.atomic(using=OWNER):
        stored = DataKey.objects.using(OWNER)
        if is_of_before:
            _adopt_derived(schema, now)
        active = stored.filter(tenant=schema).active().values_list("purpose", flat=True)
        for purpose in [one for one in _wanted(schema) if one not in active]:
            key = wrapped(schema, purpose, next_version(stored.of(schema, purpose)), now=now, using=OWNER)
            key.save(using=OWNER, force_insert=True)
            record("data_key.created", key, now=now, using=OWNER)
    KEYRING.forget(schema)


def _is_of_before(schema: str) -> bool:
    if schema == settings.TEMPLATE_SCHEMA or DataKey.objects.using(OWNER).filter(tenant=schema).exists():
        return False
    with owner_in(schema) as connection, connection.cursor() as cursor:
        cursor.execute(THERE, [[column.model._meta.db_table for column in columns(schema)]])
        there = {table for (table,) in cursor.fetchall()}
        found = [column for column in columns(schema) if column.model._meta.db_table in there]
        return any(column.under(schema, 0).using(OWNER).exists() for column in found)


def _adopt_derived(schema: str, now: datetime) -> None:
    """Its digests stay under the derived key; what is written and signed from now on is under new ones."""
    keyring = LocalKeyring(settings.ENCRYPTION_KEY)
    secrets = {purpose: keyring.version_0(schema, purpose) for purpose in (crypto.FIELD, crypto.INDEX)}
    for purpose, secret in (secrets | {crypto.SIGNING: settings.SECRET_KEY.encode()}).items():
        is_active = purpose == crypto.INDEX
        state = DataKey.State.ACTIVE if is_active else DataKey.State.DECRYPT_ONLY
        key = DataKey(tenant=schema, purpose=purpose, version=0, state=state, provider=keyring.name, created_at=now)
        key.retired_at = None if is_active else now
        key.wrapped = keyring.wrap(secret, key.place)
        key.escrow = RecoveryKey.objects.using(OWNER).in_use().copies(secret, key.place)
        key.save(using=OWNER, force_insert=True)
        record("data_key.created", key, now=now, using=OWNER)


def _wanted(schema: str) -> list[str]:
    return [] if schema == settings.TEMPLATE_SCHEMA else list(DataKey.Purpose.values)


def next_version(keys: Any) -> int:
    latest = keys.order_by("-version").values_list("version", flat=True).first()
    return 1 if latest is None else int(latest) + 1


def wrapper_of(schema: str, *, using: str | None = None) -> providers.Provider:
    """Who wraps the keys of a schema: its own key-encryption key if it has one. Raises ``Unavailable`` and ``Lost``."""
    own = OwnKey.objects.using(using).filter(tenant=schema).values_list("provider", flat=True).first()
    return providers.current() if own is None else providers.named(own)


def wrapped(schema: str, purpose: str, version: int, *, now: datetime, using: str | None = None) -> DataKey:
    """A new key, not yet stored, with its copies for recovery. Asks the provider. Raises ``NewKeyCannotBeWrapped``."""
    secret = os.urandom(KEY_BYTES)
    key = DataKey(tenant=schema, purpose=purpose, version=version, created_at=now)
    try:
        provider = wrapper_of(schema, using=using)
        key.provider, key.wrapped = provider.name, provider.wrap(secret, key.place)
    except (providers.Unavailable, providers.Lost) as error:
        raise NewKeyCannotBeWrapped(Sentence("No key can be made now: {reason}.", reason=str(error))) from error
    key.escrow = RecoveryKey.objects.using(using).in_use().copies(secret, key.place)
    return key


def wrap_anew(row: DataKey, secret: bytes, note: Callable[[str], None]) -> bool:
    """Wrap a stored key, which is this, by whoever wraps those of its tenant now.

    Whether it was written: somebody else may have been first. In the same transaction ``note`` is told who wrapped it
    before. Raises ``Unavailable`` and ``Lost``.
    """
    provider = wrapper_of(row.tenant)
    fresh = provider.wrap(secret, row.place)  # asks the provider: before the transaction
    with transaction.atomic():
        if not DataKey.objects.filter(pk=row.pk, wrapped=row.wrapped).update(wrapped=fresh, provider=provider.name):
            return False
        before, row.provider = row.provider, provider.name
        note(before)
    return True


def give_keys(rows: Sequence[Any]) -> None:
    """Give each of these rows, which are not stored yet, a key of its own."""
    for row in rows:
        row.key = SubjectKey()
    SubjectKey.objects.bulk_create([row.key for row in rows], batch_size=KEYS_AT_ONCE)


def drop_unused(keys: Collection[UUID | None]) -> None:
    """Delete the keys of rows that were not stored after all: somebody was faster."""
    if keys:
        SubjectKey.objects.filter(pk__in=keys).delete()


def record(
    action: str, key: DataKey, *, now: datetime, using: str | None = None, actor: Any = None, **more: Any
) -> None:
    """Record what was done to a key in the trail of its tenant."""
    details = {"purpose": key.purpose, "version": key.version, "provider": key.provider, **more}
    audit.record(action, now=now, target=key, tenant=key.tenant, actor=actor, details=details, using=using)
