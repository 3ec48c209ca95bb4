"""Copies of the data keys for recovery keys, with which people can do without the provider, should it be lost.

A new data key comes with its copies. Keys that were there before the recovery key get theirs here, from the provider.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from apps import audit
from apps.core.errors import Refused
from apps.core.locking import hold
from apps.keys import offline, providers
from apps.keys.keyring import unwrapped
from apps.keys.models import DataKey, RecoveryKey
from apps.keys.services.making import record
from resimate_text.sentences import Sentence

#: How long a drill is proof.
DRILLED_FOR: Final = timedelta(days=180)


class RecoveryKeyUnknown(Refused):
    code = "recovery_key_unknown"
    status = 404
    title = "There is no such recovery key"


class RecoveryKeyNeeded(Refused):
    code = "recovery_key_needed"
    title = "It is the only recovery key"


class RecoveryKeyRetired(Refused):
    code = "recovery_key_retired"
    title = "The recovery key was retired"


@dataclass(slots=True)
class Escrowed:
    """How many keys got other copies than they had, for which recovery keys (their fingerprints); why others could not
    (``failed``): a sentence each.
    """

    recovery_keys: list[str]
    written: int = 0
    failed: list[str] = field(default_factory=list)


@transaction.atomic
def add_recovery_key(public: str, *, now: datetime) -> RecoveryKey:
    """Take a public key into use, unless it is; :func:`escrow` then makes the copies. Raises ``NoRecoveryKey``."""
    fingerprint = offline.fingerprint_of(public)
    key, is_new = RecoveryKey.objects.get_or_create(
        fingerprint=fingerprint, defaults={"public": public, "added_at": now}
    )
    if key.retired_at is not None:
        raise RecoveryKeyRetired(Sentence("The recovery key {key} was retired; make another one.", key=fingerprint))
    if is_new:
        _record("recovery_key.added", key, now=now)
    return key


@transaction.atomic
def retire_recovery_key(fingerprint: str, *, now: datetime) -> RecoveryKey:
    """Make no more copies for it; :func:`escrow` then throws those away that there are."""
    hold("recovery keys")  # of two that are retired at the same moment, one would see the other in use still
    in_use = RecoveryKey.objects.in_use()
    key = in_use.filter(fingerprint=fingerprint).first()
    if key is None:
        raise RecoveryKeyUnknown(Sentence("No recovery key {key} is in use.", key=fingerprint))
    if in_use.count() == 1:
        raise RecoveryKeyNeeded("It is the only recovery key. Add another one first.")
    key.retired_at = now
    key.save(update_fields=["retired_at"])
    _record("recovery_key.retired", key, now=now)
    return key


def escrow(*, now: datetime) -> Escrowed:
    """Give every key the copies that it has to have, and no others. Safe to repeat, or to be killed."""
    wanted = {one.fingerprint: one for one in RecoveryKey.objects.in_use()}
    outcome = Escrowed(sorted(wanted))
    for row in DataKey.objects.usable().order_by("tenant", "purpose", "version").iterator():
        if row.escrow.keys() != wanted.keys():
            try:
                outcome.written += _escrow_one(row, wanted, now)
            except (providers.Unavailable, providers.Lost, offline.TooLong) as error:
                outcome.failed.append(f"{row}: {error}")
    return outcome


def _escrow_one(row: DataKey, wanted: Mapping[str, RecoveryKey], now: datetime) -> bool:
    """Whether it was written: what somebody else has changed meanwhile is left to the next time."""
    kept = {name: copy for name, copy in row.escrow.items() if name in wanted}
    missing = [one for name, one in wanted.items() if name not in kept]
    secret = unwrapped(row).secret if missing else b""  # asks the provider: before the transaction
    copies = kept | {one.fingerprint: one.copy(secret, row.place) for one in missing}
    with transaction.atomic():
        is_as_read = DataKey.objects.filter(pk=row.pk, wrapped=row.wrapped, escrow=row.escrow)
        if not is_as_read.update(escrow=copies):
            return False
        record("data_key.escrowed", row, now=now, recovery_keys=sorted(copies))
    return True


def lacking() -> int:
    """How many keys have no copy for some recovery key that is in use."""
    in_use = RecoveryKey.objects.in_use().values_list("fingerprint", flat=True)
    return DataKey.objects.usable().lacking(list(in_use)).count()


def _record(action: str, key: RecoveryKey, *, now: datetime, **more: object) -> None:
    """Record what was done to a recovery key in the trail of the platform."""
    audit.record(action, now=now, target=key, details={"recovery_key": key.fingerprint, **more})
