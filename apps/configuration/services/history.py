"""What was set when, and the way back. It is of what the platform or a tenant sets for all below.

What one user sets is theirs, and what holds for a time ends by itself: neither comes back by a rollback.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from apps import audit
from apps.configuration.models import Change, Layer, Setting
from apps.configuration.registry import KEYS
from apps.configuration.services.checking import Wish, facts, refuse_bad, wish_of
from apps.configuration.services.writing import hold, write
from apps.core.errors import Invalid, Problem, Refused
from resimate_text.sentences import Sentence

Facts = dict[str, Any] | None


class CannotRollBack(Refused):
    code = "cannot_roll_back"
    title = "The settings cannot be what they were"


@dataclass(frozen=True, slots=True)
class Difference:
    """One key of which two versions say something else; None where nothing is set."""

    key: str
    old: Facts
    new: Facts


def history(key: str | None = None) -> QuerySet[Change]:
    """The changes at this level, the latest first."""
    rows = Change.objects.order_by("-version", "key", "layer", "user")
    return rows if key is None else rows.filter(key=key)


def difference(from_version: int, to_version: int | None = None) -> list[Difference]:
    """What another version says than the first; without a second one, what is set now."""
    before = _state_at(_known(from_version))
    after = _state_at(_known(to_version) if to_version is not None else None)
    keys = sorted(before.keys() | after.keys())
    return [Difference(key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)]


@transaction.atomic
def rollback(to_version: int, *, now: datetime, actor: Any = None, reason: str = "") -> list[Difference]:
    """Set everything as it was in a version; what that takes is one new version, and is returned.

    Raises ``CannotRollBack`` with every key that stands in the way, and changes nothing then.
    """
    hold()
    way = [Difference(one.key, one.new, one.old) for one in difference(to_version)]
    wishes = [wish_of(one.key, one.new) for one in way]
    if problems := [Problem(f"/{wish.key}", problem) for wish, problem in _obstacles(wishes, actor, now)]:
        raise CannotRollBack(Sentence("Version {version} cannot come back.", version=to_version), errors=problems)
    if wishes:
        version = write(wishes, now=now, actor=actor, reason=reason)
        audit.record("setting.rolled_back", now=now, actor=actor, details={"to": to_version, "as": version})
    return way


def _obstacles(wishes: list[Wish], actor: Any, now: datetime) -> Iterator[tuple[Wish, str]]:
    for wish in wishes:
        key = KEYS.get(wish.key)
        if key is None:
            if wish.value is not None:
                yield wish, Sentence("{key} is no setting any more.", key=wish.key)
        elif key.needs_two and actor is not None:
            yield wish, Sentence("{key} takes two people: change it by itself.", key=wish.key)
        else:
            try:
                refuse_bad(wish, now)
            except Refused as refusal:
                yield wish, refusal.detail


def _known(version: int) -> int:
    present = latest_version()
    if not 0 <= version <= present:
        detail = Sentence("There is no version {version}; the latest is {latest}.", version=version, latest=present)
        raise Invalid(detail, errors=[Problem("/to_version", detail)])
    return version


def latest_version() -> int:
    """The version of what is set now; 0 before the first change."""
    return Change.objects.order_by("-version").values_list("version", flat=True).first() or 0


def _state_at(version: int | None) -> dict[str, Facts]:
    """What was set at this level in that version: from what is set now, back through the changes since."""
    rows = Setting.objects.filter(layer=Layer.OWN)
    state: dict[str, Facts] = {row.key: facts(row.value, row.is_locked, row.until) for row in rows}
    if version is None:
        return state
    for one in Change.objects.filter(layer=Layer.OWN, version__gt=version).order_by("-version"):
        state[one.key] = one.old
    return {key: said for key, said in state.items() if said is not None}
