"""A new key for what is written from now on; the one before decrypts what is under it until that is written anew."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q
from django.db.models.functions import Now
from django_tenants.utils import get_public_schema_name, schema_context

from apps.core.errors import Refused
from apps.core.locking import lock
from apps.keys.columns import other
from apps.keys.keyring import KEYRING, SIGNS_FROM
from apps.keys.models import DataKey
from apps.keys.services.counting import MOST_WRITES
from apps.keys.services.making import next_version, record, wrapped
from apps.keys.services.reencrypting import has_rest
from apps.keys.services.reindexing import clear
from resimate_text.sentences import Sentence

#: How old an active key becomes.
EVERY: Final = timedelta(days=90)
#: What is replaced.
ROTATED: Final = (DataKey.Purpose.FIELD, DataKey.Purpose.SIGNING, DataKey.Purpose.INDEX)
#: How long processes of the version before may still run after an upgrade.
UPGRADED_WITHIN: Final = timedelta(days=1)
#: As many versions as custodians bring about: each process has each of them unwrapped, every few minutes, from then on.
MOST_VERSIONS: Final = 50
#: By how much clocks may differ.
ASTRAY: Final = timedelta(days=1)


class RotatedMeanwhile(Refused):
    code = "rotated_meanwhile"
    title = "Somebody else rotated the key at the same moment"


class ReplacementUnderWay(Refused):
    code = "rotation_under_way"
    title = "The key is being rotated already"


class NeverReplaced(Refused):
    code = "key_never_replaced"
    title = "This key is never replaced"


class TooManyVersions(Refused):
    code = "too_many_keys"
    title = "There are too many versions of the key"


class UpgradedJustNow(Refused):
    code = "upgraded_just_now"
    title = "Processes of the version before may still run"


def refuse_untimely(schema: str, purpose: str, *, now: datetime) -> None:
    """Refuse a custodian what the scheduler would not do, and what would cost the others of the installation much.

    That is one of blind indexes soon after an upgrade, one more where there are many, and one that signs while the one
    before it does not sign yet.
    """
    _refuse_what_stays(purpose)
    if purpose == DataKey.Purpose.INDEX and _was_upgraded(now - UPGRADED_WITHIN):
        raise UpgradedJustNow(
            "The service was upgraded within the last day. This key can be replaced from tomorrow on."
        )
    keys = DataKey.objects.of(schema, purpose).usable()
    if keys.count() >= MOST_VERSIONS:
        raise TooManyVersions(
            Sentence(
                "There are {most} versions of this key. Have those destroyed under which nothing is any more.",
                most=MOST_VERSIONS,
            )
        )
    if purpose == DataKey.Purpose.SIGNING and keys.filter(retired_at__gt=now - SIGNS_FROM).exists():
        raise ReplacementUnderWay("The key was replaced a few minutes ago, and does not sign yet. Try again later.")


def require(acting_user: Any, permission: str) -> None:
    """Without an acting user it is the operator, or the scheduler, that acts."""
    if acting_user is not None and not acting_user.has_perm(permission):
        raise PermissionDenied


def _refuse_what_stays(purpose: str) -> None:
    if purpose not in ROTATED:
        raise NeverReplaced("The key of fingerprints is never replaced: equal content would not be found any more.")


def rotate(schema: str, *, now: datetime, purpose: str = DataKey.Purpose.FIELD, acting_user: Any = None) -> DataKey:
    """Make the next version the active one; of blind indexes the coming one, with which :func:`reindex` goes on.

    What is signed stays good: the versions before verify, and the new one begins to sign when all processes know it.
    """
    require(acting_user, "keys:rotate")
    _refuse_what_stays(purpose)
    if purpose == DataKey.Purpose.INDEX:
        _make_room(schema)
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
    if before is not None and fresh.purpose == DataKey.Purpose.INDEX:
        _announce(fresh, before, now, acting_user)
        return
    fresh.seen_writes = before.seen_writes if before else 0
    keys.active().update(state=DataKey.State.DECRYPT_ONLY, retired_at=now)
    fresh.save(force_insert=True)
    record("data_key.rotated", fresh, now=now, actor=acting_user)


def _announce(fresh: DataKey, before: DataKey, now: datetime, acting_user: Any) -> None:
    """From when a process knows it, it writes digests under both."""
    if DataKey.objects.filter(tenant=fresh.tenant).unfinished().exists():
        raise RotatedMeanwhile(Sentence("The key of {tenant} was rotated a moment ago.", tenant=fresh.tenant))
    fresh.state, fresh.slot = DataKey.State.COMING, other(before.slot)
    fresh.save(force_insert=True)
    DataKey.objects.filter(pk=fresh.pk).update(moved_at=Now())
    record("data_key.created", fresh, now=now, actor=acting_user)


def _make_room(schema: str) -> None:
    """Refuse while a replacement is under way, and see that the slot for the next key is empty."""
    if has_rest(schema, DataKey.Purpose.INDEX):
        raise ReplacementUnderWay("The key of blind indexes is being replaced. Finish that first.")
    slots = DataKey.objects.of(schema, DataKey.Purpose.INDEX).active().values_list("slot", flat=True)
    for slot in slots:
        clear(schema, other(slot))


def is_due(schema: str, purpose: str, *, now: datetime) -> bool:
    """Whether the active key is as old as one becomes, or has encrypted as often as one may.

    One of a day that is not yet is due as well: then a clock was wrong. That of blind indexes waits until no process
    is of the version before any more, which may know of one column of digests only.
    """
    if purpose == DataKey.Purpose.INDEX and (has_rest(schema, purpose) or _was_upgraded(now - UPGRADED_WITHIN)):
        return False
    is_old, is_of_the_future = Q(created_at__lte=now - EVERY), Q(created_at__gt=now + ASTRAY)
    is_used_up = Q(written__gte=MOST_WRITES)
    return DataKey.objects.of(schema, purpose).active().filter(is_old | is_of_the_future | is_used_up).exists()


def _was_upgraded(since: datetime) -> bool:
    with schema_context(get_public_schema_name()):
        return MigrationRecorder.Migration.objects.filter(applied__gt=since).exists()
