"""Destroying a key, and with it whatever anybody has kept that is under it, backups too."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.errors import Refused
from apps.core.fields import BlindIndexField, PersonTextField
from apps.core.locking import lock
from apps.keys.keyring import KEYRING
from apps.keys.models import DataKey, Erasable, SubjectKey
from apps.keys.services.making import record
from apps.keys.services.reencrypting import is_in_use
from apps.keys.services.rotating import ROTATED, require
from resimate_text.sentences import Sentence


def destroy_subject_keys(keys: Iterable[UUID]) -> int:
    """Destroy keys of people or responses, and with them what is under them, wherever it was copied to.

    The caller says in the trail whose data were erased.
    """
    return SubjectKey.objects.filter(pk__in=list(keys)).update(secret=None)


def erase(person: Erasable) -> UUID:
    """Destroy the key of somebody whose row is locked by the caller, and leave its columns empty; returns the key's id.

    Nobody finds them by their address any more. The caller says in the trail who was erased.
    """
    key: SubjectKey = person.key or SubjectKey.objects.create()
    destroy_subject_keys([key.pk])
    fields = person._meta.concrete_fields
    texts = {one.attname: b"" for one in fields if isinstance(one, PersonTextField)}
    digests = {one.attname: None for one in fields if isinstance(one, BlindIndexField)}
    type(person)._default_manager.filter(pk=person.pk).update(key=key.pk, **texts, **digests)
    return key.pk


class KeyInUse(Refused):
    code = "key_in_use"
    title = "Something is still under the key"


class KeyUnknown(Refused):
    code = "key_unknown"
    status = 404
    title = "There is no such key"


@transaction.atomic
def destroy(
    schema: str, version: int, *, now: datetime, purpose: str = DataKey.Purpose.FIELD, acting_user: Any = None
) -> DataKey:
    """Destroy a version under which nothing is any more. It is looked for again now, whatever was noted before."""
    require(acting_user, "keys:destroy")
    lock(DataKey.objects.of(schema, purpose))
    key = DataKey.objects.of(schema, purpose).usable().filter(version=version).first()
    if key is None:
        raise KeyUnknown(
            Sentence("{tenant} has no key of version {version}, or none any more.", tenant=schema, version=version)
        )
    if purpose not in ROTATED:
        raise KeyInUse("The key of fingerprints is never destroyed: equal content would not be found any more.")
    if key.state == DataKey.State.ACTIVE:
        raise KeyInUse(Sentence("Version {version} is the active one. Rotate it first.", version=version))
    if key.unused_at is None or is_in_use(key, now):
        raise KeyInUse(
            Sentence(
                "Something may still be under version {version}. `manage.py keys rotate --tenant {tenant} --resume` "
                "writes it anew; from ten minutes after a rotation on it notes that nothing is left.",
                version=version,
                tenant=schema,
            )
        )
    key.state, key.wrapped, key.escrow, key.destroyed_at = DataKey.State.DESTROYED, b"", {}, now
    key.save(update_fields=["state", "wrapped", "escrow", "destroyed_at"])
    record("data_key.destroyed", key, now=now, actor=acting_user)
    KEYRING.forget(schema)
    return key
