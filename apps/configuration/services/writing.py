"""The one place that writes what is set, together with its history."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django_tenants.utils import get_public_schema_name

from apps import audit
from apps.configuration.models import Change, Setting
from apps.configuration.registry import KEYS
from apps.configuration.services.checking import Wish, facts
from apps.configuration.snapshots import OF
from apps.core import context, epochs, locking
from apps.core.tenancy import current_schema


def who(actor: Any) -> str:
    """Who does something, as the history names them: an id, or what kind of work it is."""
    work = context.current()
    return str(actor.pk) if actor is not None else work.user_id or work.actor_type


def hold() -> None:
    """Let nobody else change what is set at this level, or decide about it, before this transaction is over.

    While the platform does, no tenant does either: what the platform checks is what they say. Tenants do not wait for
    each other.
    """
    locking.hold(OF, shared=current_schema() != get_public_schema_name())
    epochs.hold(OF)


@contextmanager
def tried(*, undone: bool) -> Iterator[None]:
    """Do something in a transaction; where it is only tried, nothing of it stays."""
    with transaction.atomic():
        yield
        transaction.set_rollback(undone)


@transaction.atomic
def write(wishes: Sequence[Wish], *, now: datetime, actor: Any, reason: str = "") -> int:
    """Make these changes, which were checked, as one new version of this schema's settings; return its number."""
    version, by = epochs.advance(OF), who(actor)
    changes = []
    for wish in wishes:
        place = {"key": wish.key, "layer": wish.layer, "user": wish.user}
        one = Change(**place, version=version, reason=reason, changed_at=now, changed_by=by)
        one.old, one.new = _replaced(wish, version=version, now=now, by=by), wish.facts()
        changes.append(one)
    Change.objects.bulk_create(changes)
    for wish in wishes:
        audit.record("setting.changed", now=now, actor=actor, details=_trail(wish))
    return version


def _replaced(wish: Wish, *, version: int, now: datetime, by: str) -> dict[str, Any] | None:
    """Write the row, or remove it; return what was there before."""
    place: dict[str, Any] = {"key": wish.key, "layer": wish.layer, "user_id": wish.user}
    before = Setting.objects.filter(**place).first()
    if wish.value is None:
        Setting.objects.filter(**place).delete()
    else:
        said = {"value": wish.value, "is_locked": wish.is_locked, "until": wish.until}
        when = {"version": version, "changed_at": now, "changed_by": by}
        Setting.objects.update_or_create(**place, defaults=said | when)
    return facts(before.value, before.is_locked, before.until) if before else None


def _trail(wish: Wish) -> dict[str, Any]:
    """What the trail, which forgets nothing, may hold of it: a key's text may name somebody."""
    declared = KEYS.get(wish.key)
    kept = {"value": wish.value} if declared and declared.may_be_kept and wish.value is not None else {}
    marks = {
        "layer": str(wish.layer) if wish.layer != "own" else "",
        "locked": wish.is_locked,
        "until": wish.until.isoformat() if wish.until else "",
        "taken_back": wish.value is None,
    }
    return {"key": wish.key} | kept | {name: mark for name, mark in marks.items() if mark}
