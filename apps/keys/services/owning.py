"""A tenant's own key-encryption key: the operator names it, what is stored moves under it, and it can be given back.

What it wraps nobody opens any more once it is withdrawn where it is; others are not concerned.
"""

import os
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from apps import audit
from apps.core.crypto import KEY_BYTES
from apps.core.errors import Refused
from apps.keys import providers
from apps.keys.keyring import KEYRING, unwrapped
from apps.keys.models import DataKey, OwnKey
from apps.keys.services.making import record, wrap_anew, wrapper_of
from resimate_text.sentences import Sentence


class OwnKeyRefused(Refused):
    code = "own_key_refused"
    title = "The tenant cannot have this key as its own"


class NoOwnKey(Refused):
    code = "no_own_key"
    status = 404
    title = "The tenant has no key of its own"


@dataclass(slots=True)
class Moved:
    """How many keys are wrapped anew; why others could not be (``failed``): a sentence each."""

    moved: int = 0
    failed: list[str] = field(default_factory=list)


def name_own_key(schema: str, name: str, *, now: datetime) -> OwnKey:
    """Have the keys of a tenant wrapped by this key from now on, once it was tried; ``move`` takes along the others.

    Raises ``OwnKeyRefused``.
    """
    reason = _why_not(schema, name)  # asks the provider: before the transaction
    if not reason:
        return _name(schema, name, now)
    raise OwnKeyRefused(Sentence("{name} is not taken: {reason}.", name=name, reason=reason))


def _why_not(schema: str, name: str) -> str:
    secret, place = os.urandom(KEY_BYTES), f"{schema}|trial|0"
    try:
        if name == providers.current().name:
            return "it is the installation's"
        provider = providers.own(name)
        comes_back = provider.unwrap(provider.wrap(secret, place), place) == secret
    except (providers.NoOwnKey, providers.Unavailable, providers.Lost) as error:
        return str(error)
    return "" if comes_back else "what it wraps does not come back"


@transaction.atomic
def _name(schema: str, name: str, now: datetime) -> OwnKey:
    of_another = OwnKeyRefused(Sentence("{name} is not taken: it is another tenant's.", name=name))
    if DataKey.objects.usable().filter(provider=name).exclude(tenant=schema).exists():
        raise of_another
    before = OwnKey.objects.filter(tenant=schema).first()
    if before is not None and before.provider == name:
        return before
    try:
        with transaction.atomic():
            key, _ = OwnKey.objects.update_or_create(tenant=schema, defaults={"provider": name, "named_at": now})
    except IntegrityError:  # each is named once
        raise of_another from None
    _record("own_key.named", key, now, provider_before=before.provider if before else None)
    return key


@transaction.atomic
def drop_own_key(schema: str, *, now: datetime) -> None:
    """Have the keys of a tenant wrapped by the installation's key again; ``move`` takes them back."""
    key = OwnKey.objects.filter(tenant=schema).first()
    if key is None:
        raise NoOwnKey(Sentence("{tenant} has no key-encryption key of its own.", tenant=schema))
    _record("own_key.dropped", key, now)
    key.delete()


def move(schema: str, *, now: datetime) -> Moved:
    """Wrap the stored keys of a schema anew that another than who shall has wrapped. Safe to repeat, or to be killed.

    They stay the same keys: what was under them before, in a backup too, another key-encryption key opens there. Only a
    rotation makes others.
    """
    outcome = Moved()
    try:
        wanted = wrapper_of(schema).name
    except (providers.Unavailable, providers.Lost) as error:
        outcome.failed.append(str(error))
        return outcome
    for row in DataKey.objects.filter(tenant=schema).usable().exclude(provider=wanted).order_by("purpose", "version"):
        try:
            outcome.moved += _move(row, unwrapped(row).secret, now)
        except (providers.Unavailable, providers.Lost) as error:
            outcome.failed.append(f"{row}: {error}")
    KEYRING.forget(schema)
    return outcome


def _move(row: DataKey, secret: bytes, now: datetime) -> bool:
    return wrap_anew(row, secret, lambda before: record("data_key.moved", row, now=now, provider_before=before))


def _record(action: str, key: OwnKey, now: datetime, **more: Any) -> None:
    """Record it in the trail of the tenant."""
    audit.record(action, now=now, target=key, tenant=key.tenant, details={"provider": key.provider, **more})
