"""Setting, and taking back what is set."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from apps.configuration.models import PlannedChange, Setting
from apps.configuration.services.checking import Wish, declared, refuse_bad, refuse_none, usual
from apps.configuration.services.planning import Plan, planned
from apps.configuration.services.writing import hold, write
from apps.core.errors import Invalid, Problem, Stale
from resimate_text.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Manner:
    """Why, from when on, and on what knowledge something is set.

    ``expected`` is the version that was seen at that place (:func:`present_version`): another one is refused.
    """

    reason: str = ""
    starts_at: datetime | None = None
    expected: int | None = None


AT_ONCE: Final = Manner()
#: By how much clocks may differ, and how long a form takes that says whole minutes: then it holds at once.
LATE: Final = timedelta(minutes=2)


@transaction.atomic
def change(
    key: str, value: Any, *, now: datetime, actor: Any = None, manner: Manner = AT_ONCE, **place: Any
) -> PlannedChange | None:
    """Set a key at the current level: the tenant's in a tenant, the global one in the public schema.

    ``place`` are the other fields of :class:`Wish`: a layer, a user, an end, a lock, which stays as it is unless it is
    said. What has to wait for its time, or for a second administrator, is returned as it waits; what an operator sets
    on the machine waits for nobody else.
    """
    if value is None:
        refuse_none(declared(key))
    return _make(key, value, place, manner, now=now, actor=actor)


@transaction.atomic
def take_back(
    key: str, *, now: datetime, actor: Any = None, manner: Manner = AT_ONCE, **place: Any
) -> PlannedChange | None:
    """Let the level below speak again, as :func:`change`."""
    return _make(key, None, place, manner, now=now, actor=actor)


def _make(
    key: str, value: Any, place: dict[str, Any], manner: Manner, *, now: datetime, actor: Any
) -> PlannedChange | None:
    hold()
    _refuse_past(manner.starts_at, now)
    wish = _wished(key, value, place)
    needs_two = refuse_bad(wish, now).needs_two and actor is not None
    if manner.expected is not None and manner.expected != present_version(wish):
        raise Stale("Somebody else has changed this setting since you read it. Look at it again.")
    if wish.value is None and not is_set(wish):
        return None
    if needs_two or (manner.starts_at is not None and manner.starts_at > now):
        plan = Plan(manner.reason, manner.starts_at, needs_two)
        return planned(wish, plan, now=now, actor=actor)
    write([wish], now=now, actor=actor, reason=manner.reason)
    return None


def _refuse_past(starts_at: datetime | None, now: datetime) -> None:
    """Whoever names a moment means to wait for it: one that is over was mistyped, or is of another time zone."""
    if starts_at is not None and starts_at < now - LATE:
        detail = Sentence("Choose a moment in the future, or none: then it holds at once.")
        raise Invalid(detail, errors=[Problem("/starts_at", detail)])


def _wished(key: str, value: Any, place: dict[str, Any]) -> Wish:
    """What is set anew stays locked where it was, unless the lock is said."""
    wish = Wish(key, usual(key, value), **place)
    if value is None or "is_locked" in place:
        return wish
    return replace(wish, is_locked=_place(wish).filter(is_locked=True).exists())


def present_version(wish: Wish) -> int:
    """The version that set what is set at that place; 0 where nothing is, or it is older than the history."""
    return _place(wish).values_list("version", flat=True).first() or 0


def is_set(wish: Wish) -> bool:
    """Whether anything is set at that place."""
    return _place(wish).exists()


def _place(wish: Wish) -> QuerySet[Setting]:
    return Setting.objects.filter(key=wish.key, layer=wish.layer, user=wish.user)
