"""What is in force in a schema, as this process knows it: an immutable snapshot, so that reading asks nobody.

A snapshot holds while the numbers of its two levels, the platform's and the tenant's, stay what they were
(``apps/core/epochs.py``), and no longer than what is set for a time.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context

from apps.configuration.environment import ENVIRONMENT, of_environment
from apps.configuration.levels import PLATFORM, TENANT, USER, Said, in_force, in_order
from apps.configuration.models import Layer, Setting
from apps.configuration.references import Reference, value_of
from apps.configuration.registry import KEYS, Key, Level
from apps.core import epochs
from apps.core.errors import Refused
from apps.core.memory import SECONDS, forgets
from apps.core.tenancy import current_schema
from resimate_text.sentences import Sentence

OF: Final = "settings"
#: Of the platform, of the tenant, of the environment.
Numbers = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """In place of a value that cannot be read just now."""

    refusal: Refused


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``until`` and ``ends`` are of the monotonic clock: when to look whether it still holds, and when it does not."""

    values: Mapping[str, Any] = field(repr=False)
    of_users: Mapping[UUID, Mapping[str, Any]] = field(repr=False)
    numbers: Numbers
    until: float
    ends: float


_remembered: dict[str, Snapshot] = {}
#: How much news there was: what was read while some arrived is used once, and not kept.
_news = [0]


@forgets
def forget() -> None:
    _remembered.clear()


def get(key: str, user: UUID | None = None) -> Any:
    """The value in force here and now, for a user where one is named. It is shared: nobody may change it.

    Raises ``KeyAway`` or ``Undecryptable`` where a value of it is encrypted and cannot be read, and ``Unfit`` where
    what the installation says does not fit, or refers to a secret that cannot be had.
    """
    snapshot = _remembered.get(current_schema())
    if snapshot is None or time.monotonic() >= snapshot.until:
        snapshot = _refreshed(current_schema())
    if user is not None and key in snapshot.of_users.get(user, ()):
        value = snapshot.of_users[user][key]
    else:
        value = snapshot.values[key]
    if type(value) is Unreadable:
        raise value.refusal
    return value_of(value) if type(value) is Reference else value


def said(now: datetime, *, user: UUID | None = None) -> dict[str, list[Said]]:
    """What every level says of every key, as it is stored at this moment, from the weakest to the strongest."""
    rows = [one for one in _stored(now) if one[0].user_id in (None, user)]
    return {name: _of_key(key, (said for row, said in rows if row.key == name)) for name, key in KEYS.items()}


def _of_key(key: Key, stored: Iterable[Said]) -> list[Said]:
    environment = of_environment()
    said = [Said(Level.DEFAULT, key.default), *stored]
    return in_order([*said, environment[key.name]] if key.name in environment else said)


def _stored(now: datetime) -> list[tuple[Setting, Said]]:
    """The rows of both levels with what they say; one that no longer fits its key says what is wrong with it."""
    public, current = str(get_public_schema_name()), current_schema()
    found = []
    for schema in dict.fromkeys((public, current)):
        rank = PLATFORM if schema == public else TENANT
        of_others = schema == public and current != public  # the platform's own users are nobody here
        with schema_context(schema):  # whose keys open what is encrypted
            rows = [row for row in Setting.objects.held_at(now) if row.key in KEYS and not (of_others and row.user_id)]
            found += [(row, _said(row, rank)) for row in rows]
    return found


def _said(row: Setting, rank: int) -> Said:
    level = Layer(row.layer).level(on_platform=rank == PLATFORM)
    try:
        value, refusal = KEYS[row.key].usual(row.value), None
    except Refused as refused:
        value, refusal = None, refused
    return Said(
        level=level,
        value=value,
        rank=USER if level is Level.USER else rank,
        is_locked=row.is_locked,
        by=row.changed_by,
        at=row.changed_at,
        until=row.until,
        version=row.version,
        problem=refusal.detail if refusal else _problem(KEYS[row.key], level, value),
        refusal=refusal,
    )


def _problem(key: Key, level: Level, value: Any) -> str | None:
    if level not in key.levels or key.sensitive:
        return Sentence("{key} cannot be set at the level {level}.", key=key.name, level=level)
    return key.problem_with(value)


def _refreshed(schema: str) -> Snapshot:
    """Look whether what is known still holds; read it again where it does not."""
    heard, known = _news[0], _remembered.get(schema)
    ENVIRONMENT.look()
    numbers = _numbers(schema, epochs.numbers(OF, {schema, _public()}))
    moment = time.monotonic()
    if known is None or known.numbers != numbers or moment >= known.ends:
        known = _read(numbers, timezone.now(), moment)
    known = replace(known, until=min(moment + SECONDS, known.ends))
    if heard == _news[0] and not epochs.is_advanced_here(OF):
        _remembered[schema] = known
    return known


def _read(numbers: Numbers, now: datetime, moment: float) -> Snapshot:
    rows = _stored(now)
    by_key: dict[str, list[Said]] = {name: [] for name in KEYS}
    by_user: dict[UUID, dict[str, Said]] = {}
    for row, one in rows:
        if row.user_id is None:
            by_key[row.key].append(one)
        else:
            by_user.setdefault(row.user_id, {})[row.key] = one
    values = {name: _value(KEYS[name], stored) for name, stored in by_key.items()}
    of_users = {
        user: MappingProxyType({name: _value(KEYS[name], [*by_key[name], one]) for name, one in own.items()})
        for user, own in by_user.items()
    }
    ends = [moment + (row.until - now).total_seconds() for row, _ in rows if row.until is not None]
    ends += [moment + SECONDS for _, one in rows if one.refusal]
    lasting = min(ends, default=float("inf"))
    return Snapshot(MappingProxyType(values), MappingProxyType(of_users), numbers, 0.0, lasting)


def _value(key: Key, stored: list[Said]) -> Any:
    said = _of_key(key, stored)
    refusal = next((one.refusal for one in said if one.refusal), None)
    return Unreadable(refusal) if refusal else in_force(key, said)[0]


def _numbers(schema: str, known: Mapping[str, int]) -> Numbers:
    return known.get(_public(), 0), known.get(schema, 0), ENVIRONMENT.number


def _public() -> str:
    return str(get_public_schema_name())


def _changed(schema: str) -> None:
    """What a change at one level makes old: one tenant's snapshot, or everybody's."""
    _news[0] += 1
    if schema == _public():
        _remembered.clear()
    else:
        _remembered.pop(schema, None)


def _counted(numbers: Mapping[str, int]) -> None:
    """Let the snapshots go on that are as they were, so that no request has to look; drop the others."""
    ENVIRONMENT.look()
    moment = time.monotonic()
    for schema, known in list(_remembered.items()):
        if known.numbers == _numbers(schema, numbers) and moment < known.ends:
            _remembered[schema] = replace(known, until=min(moment + SECONDS, known.ends))
        else:
            _remembered.pop(schema, None)


epochs.listen(OF, _changed, _counted)
