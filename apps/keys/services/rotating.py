"""A new key for what is written from now on; the one before decrypts what is under it until that is written anew."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from apps.core.errors import Refused
from apps.core.locking import lock
from apps.keys.keyring import KEYRING
from apps.keys.models import DataKey
from apps.keys.services.counting import MOST_WRITES
from apps.keys.services.making import next_version, record, wrapped
from resimate_text.sentences import Sentence

#: How old an active key becomes.
EVERY: Final = timedelta(days=90)
#: What is replaced. A digest does not say under which key it is, so blind indexes keep theirs.
ROTATED: Final = (DataKey.Purpose.FIELD, DataKey.Purpose.SIGNING)
#: By how much clocks may differ.
ASTRAY: Final = timedelta(days=1)


class RotatedMeanwhile(Refused):
    code = "rotated_meanwhile"
    title = "Somebody else rotated the key at the same moment"


def require(acting_user: Any, permission: str) -> None:
    """Without an acting user it is the operator, or the scheduler, that acts."""
    if acting_user is not None and not acting_user.has_perm(permission):
        raise PermissionDenied


def rotate(schema: str, *, now: datetime, purpose: str = DataKey.Purpose.FIELD, acting_user: Any = None) -> DataKey:
    """Make the next version the active one. Blind indexes keep their key: a digest does not say under which it is.

    What is signed stays good: the versions before verify, and the new one begins to sign when all processes know it.
    """
    require(acting_user, "keys:rotate")
    number = next_version(DataKey.objects.of(schema, purpose))
    fresh = wrapped(schema, purpose, number, now=now)  # asks the provider: before the transaction
    _activate(fresh, now, acting_user)
    KEYRING.forget(schema)
    return fresh


@transaction.atomic
def _activate(fresh: DataKey, now: datetime, acting_user: Any) -> None:
    keys = DataKey.objects.of(fresh.tenant, fresh.purpose)
    lock(keys)
    if next_version(keys) != fresh.version:
        raise RotatedMeanwhile(Sentence("The key of {tenant} was rotated a moment ago.", tenant=fresh.tenant))
    before = keys.active().first()
    fresh.seen_writes = before.seen_writes if before else 0
    keys.active().update(state=DataKey.State.DECRYPT_ONLY, retired_at=now)
    fresh.save(force_insert=True)
    record("data_key.rotated", fresh, now=now, actor=acting_user)


def is_due(schema: str, purpose: str, *, now: datetime) -> bool:
    """Whether the active key is as old as one becomes, or has encrypted as often as one may.

    One of a day that is not yet is due as well: then a clock was wrong.
    """
    is_old, is_of_the_future = Q(created_at__lte=now - EVERY), Q(created_at__gt=now + ASTRAY)
    is_used_up = Q(written__gte=MOST_WRITES)
    return DataKey.objects.of(schema, purpose).active().filter(is_old | is_of_the_future | is_used_up).exists()
