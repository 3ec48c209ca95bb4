"""When the provider, or its key, is lost: what two people can do with their shares of the recovery key."""

import base64
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django_tenants.utils import get_public_schema_name, schema_context

from apps import audit
from apps.core.crypto import Key
from apps.core.errors import Refused
from apps.keys import offline, providers
from apps.keys.columns import columns
from apps.keys.keyring import KEYRING, unwrapped
from apps.keys.models import DataKey, OwnKey, RecoveryKey
from apps.keys.services.making import NewKeyCannotBeWrapped, record, wrap_anew
from apps.tenants.models import Tenant
from resimate_text.sentences import Sentence

#: Of each column so many values are tried: one that is damaged shall not stand in the way of all.
TRIED: Final = 20
Progress = Callable[[int, int], None]


class SharesOfOthers(Refused):
    code = "shares_of_others"
    title = "The shares are of a recovery key that is not in use here"


@dataclass(slots=True)
class Recovered:
    """How many keys are wrapped anew, and how many needed it not; why others could not (``failed``): a sentence each.

    Of a drill: ``kept`` are those whose copy opened, and was the same key.
    """

    recovered: int = 0
    kept: int = 0
    failed: list[str] = field(default_factory=list)


class _NoCopy(Exception):
    """Why a key cannot be had from its copy, or kept."""


def recover(shares: Sequence[str], *, now: datetime, progress: Progress = lambda *_: None) -> Recovered:
    """Wrap by the present provider, from their copies, the keys that the one that wrapped them does not give any more.

    Safe to repeat, or to be killed: what is done stays done. Raises ``SharesDoNotOpen``, ``SharesOfOthers`` and
    ``NewKeyCannotBeWrapped``.
    """
    opened = _opened(shares, "recover", now)
    outcome, rows, away = Recovered(), _usable(), set[str]()
    for number, row in enumerate(rows, start=1):
        progress(number, len(rows))
        if _still_unwraps(row, away):
            outcome.kept += 1
            continue
        try:
            secret = _from_copy(row, opened)
            _refuse_another(row, secret)
            outcome.recovered += _wrap_anew(row, secret, opened, now)
        except _NoCopy as error:
            outcome.failed.append(f"{row}: {error}")
    KEYRING.forget()
    return outcome


def drill(shares: Sequence[str], *, now: datetime, progress: Progress = lambda *_: None) -> Recovered:
    """Open every copy, and compare it with what the provider gives; no key is written.

    That all went well is noted with its date. Raises ``SharesDoNotOpen`` and ``SharesOfOthers``.
    """
    opened = _opened(shares, "drill", now)
    outcome, rows = Recovered(), _usable()
    for number, row in enumerate(rows, start=1):
        progress(number, len(rows))
        try:
            _refuse_different(row, _from_copy(row, opened))
            outcome.kept += 1
        except (_NoCopy, providers.Unavailable, providers.Lost) as error:
            outcome.failed.append(f"{row}: {error}")
    if not outcome.failed:
        _note_drill(opened, outcome.kept, now)
    return outcome


def _opened(shares: Sequence[str], what_for: str, now: datetime) -> offline.Opened:
    """The recovery key, if it is one of ours; that it was opened is recorded before it is used."""
    opened = offline.join(shares)
    keys = RecoveryKey.objects.in_use()
    key = keys.filter(fingerprint=opened.fingerprint).first()
    if key is None:
        ours = ", ".join(keys.values_list("fingerprint", flat=True)) or "none"
        raise SharesOfOthers(
            Sentence("These shares are of {theirs}; in use here: {ours}.", theirs=opened.fingerprint, ours=ours)
        )
    details = {"recovery_key": key.fingerprint, "shares": opened.numbers, "what_for": what_for}
    audit.record("recovery_key.opened", now=now, target=key, details=details)
    return opened


def _usable() -> list[DataKey]:
    return list(DataKey.objects.usable().order_by("tenant", "purpose", "version"))


def _still_unwraps(row: DataKey, away: set[str]) -> bool:
    """Whether the provider gives the key; one that does not answer (``away``) is not asked for each."""
    if row.provider in away:
        return False
    try:
        unwrapped(row)
    except providers.Unavailable:
        away.add(row.provider)
        return False
    except providers.Lost:
        return False
    return True


def _from_copy(row: DataKey, opened: offline.Opened) -> bytes:
    copy = row.escrow.get(opened.fingerprint)
    if copy is None:
        raise _NoCopy("there is no copy of it for this recovery key")
    try:
        return opened.open(base64.b64decode(copy), row.place)
    except (offline.CopyDoesNotOpen, ValueError):
        raise _NoCopy("its copy does not open: it is damaged, or of another key") from None


def _refuse_another(row: DataKey, secret: bytes) -> None:
    """Whoever can write to the table could have put another key there: what is under it has to open."""
    public = get_public_schema_name()
    if row.purpose != DataKey.Purpose.FIELD or not (
        row.tenant == public or Tenant.objects.filter(schema_name=row.tenant).exists()
    ):
        return
    with schema_context(row.tenant):
        if _opens_nothing(Key(row.version, secret), row.tenant):
            raise _NoCopy("its copy is another key: nothing that is under it opens")


def _opens_nothing(key: Key, schema: str) -> bool:
    is_tried = False
    for column in columns(schema):
        for pk, stored in column.under(schema, key.version).values_list("pk", column.field.attname)[:TRIED]:
            if key.opens(bytes(stored), schema=schema, place=column.place(pk)):
                return False
            is_tried = True
    return is_tried


def _wrap_anew(row: DataKey, secret: bytes, opened: offline.Opened, now: datetime) -> bool:
    """Whether it was: somebody who recovers at the same moment may have been first.

    A tenant's own key that cannot be had is that tenant's alone; where the installation's cannot, there is no going on.
    """
    who: dict[str, Any] = {"recovery_key": opened.fingerprint, "shares": opened.numbers}
    try:
        return wrap_anew(
            row, secret, lambda before: record("data_key.recovered", row, now=now, provider_before=before, **who)
        )
    except (providers.Unavailable, providers.Lost) as error:
        if OwnKey.objects.filter(tenant=row.tenant).exists():
            raise _NoCopy(": ".join(["its tenant's own key does not wrap it", str(error)])) from error
        raise NewKeyCannotBeWrapped(Sentence("No key can be wrapped now: {reason}.", reason=str(error))) from error


def _refuse_different(row: DataKey, secret: bytes) -> None:
    if not hmac.compare_digest(unwrapped(row).secret, secret):
        raise _NoCopy("its copy is another key")


@transaction.atomic
def _note_drill(opened: offline.Opened, keys: int, now: datetime) -> None:
    key = RecoveryKey.objects.get(fingerprint=opened.fingerprint)
    key.drilled_at = now
    key.save(update_fields=["drilled_at"])
    details = {"recovery_key": key.fingerprint, "shares": opened.numbers, "keys": keys}
    audit.record("recovery_key.drilled", now=now, target=key, details=details)
