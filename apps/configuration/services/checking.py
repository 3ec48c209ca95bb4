"""What is wrong with a change, before it is made."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django_tenants.utils import get_public_schema_name, schema_context

from apps.configuration import snapshots
from apps.configuration.levels import PLATFORM, TENANT, USER, binding
from apps.configuration.models import Layer, Setting
from apps.configuration.registry import KEYS, Key, Level
from apps.core.errors import Invalid, Problem, Refused
from apps.core.moments import problem_beyond
from apps.core.tenancy import current_schema
from apps.tenants.models import Tenant
from resimate_text.sentences import Sentence


class Locked(Refused):
    code = "setting_locked"
    title = "The setting is locked by a level above"


class Contradicted(Refused):
    code = "setting_contradicted"
    title = "Levels below say something else than what would be locked"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants set; without a value, what is set at that place is taken back."""

    key: str
    value: Any = None
    layer: Layer = Layer.OWN
    user: UUID | None = None
    until: datetime | None = None
    is_locked: bool = False

    @property
    def level(self) -> Level:
        return self.layer.level(on_platform=self.on_platform)

    @property
    def rank(self) -> int:
        return USER if self.layer is Layer.USER else PLATFORM if self.on_platform else TENANT

    @property
    def on_platform(self) -> bool:
        return current_schema() == str(get_public_schema_name())

    def facts(self) -> dict[str, Any] | None:
        """As the history keeps it."""
        if self.value is None:
            return None
        return facts(self.value, self.is_locked, self.until)


def facts(value: Any, is_locked: bool, until: datetime | None) -> dict[str, Any]:
    return {"value": value, "locked": is_locked, "until": until.isoformat() if until else None}


def wish_of(key: str, said: dict[str, Any] | None, layer: str = Layer.OWN, user: UUID | None = None) -> Wish:
    """The wish whose ``facts`` these are."""
    if said is None:
        return Wish(key, layer=Layer(layer), user=user)
    until = datetime.fromisoformat(said["until"]) if said["until"] else None
    return Wish(key, said["value"], Layer(layer), user, until, said["locked"])


def refuse_bad(wish: Wish, now: datetime) -> Key:
    """Return the key that may be set so. Raises ``Invalid`` with a pointer, ``Locked`` or ``Contradicted``."""
    key = declared(wish.key)
    if wish.value is None:
        return key  # what should not be there can always go
    if wish.level not in key.levels or key.sensitive:
        raise _invalid(Sentence("{key} cannot be set at the level {level}.", key=key.name, level=wish.level), "/scope")
    if wish.user is not None and not get_user_model().objects.filter(pk=wish.user).exists():
        raise _invalid(Sentence("There is no such user."), "/user")
    _refuse_misfit(key, wish.value)
    _refuse_bad_end(wish, now)
    _refuse_what_binds(key, wish, now)
    if wish.is_locked:
        _refuse_bad_lock(key, wish, now)
    return key


def declared(name: str) -> Key:
    if name not in KEYS:
        raise _invalid(Sentence("There is no setting {key}.", key=name), "/key")
    return KEYS[name]


def refuse_none(key: Key) -> None:
    """``null`` is no value of any key."""
    detail = Sentence("{key} cannot be set to nothing.", key=key.name)
    raise Invalid(detail, errors=[Problem("/value", detail)])


def _refuse_misfit(key: Key, value: Any) -> None:
    if problem := key.problem_with(value):
        raise Invalid(Sentence("{key}: {problem}", key=key.name, problem=problem), errors=[Problem("/value", problem)])


def _refuse_bad_end(wish: Wish, now: datetime) -> None:
    if wish.layer is Layer.RUNTIME and (wish.until is None or wish.until <= now):
        raise _invalid(Sentence("Say until when it holds, a moment in the future."), "/until")
    if wish.layer is not Layer.RUNTIME and wish.until is not None:
        raise _invalid(Sentence("Only what holds for a time ends."), "/until")
    if problem := problem_beyond(wish.until, now, "/until"):
        raise Invalid(problem.detail, errors=[problem])


def _refuse_what_binds(key: Key, wish: Wish, now: datetime) -> None:
    bound, lock = binding(key, snapshots.said(now, user=wish.user)[key.name], wish.level, wish.rank)
    if lock is not None:
        detail = Sentence("{key} is locked at the level {level}.", key=key.name, level=lock.level)
        raise Locked(detail, errors=[Problem("/value", detail, Locked.code)])
    if bound is not None and (problem := key.loosens(bound, wish.value)):
        raise Invalid(Sentence("{key}: {problem}", key=key.name, problem=problem), errors=[_looser(problem)])


def _looser(problem: str) -> Problem:
    return Problem("/value", problem, "loosens")


def _refuse_bad_lock(key: Key, wish: Wish, now: datetime) -> None:
    if wish.layer is not Layer.OWN:
        raise _invalid(Sentence("Only what the platform or a tenant sets can be locked."), "/locked")
    others = [
        Problem("/locked", Sentence("{whose} says {value}.", whose=whose, value=_shown(key, value)), Contradicted.code)
        for whose, value in _below(key, wish, now)
        if value != wish.value
    ]
    if others:
        detail = Sentence("Below, {key} is set to something else. Take that back first.", key=key.name)
        raise Contradicted(detail, errors=others)


def _shown(key: Key, value: Any) -> Any:
    return value if key.may_be_kept else Sentence("something else")


def _below(key: Key, wish: Wish, now: datetime) -> Iterator[tuple[str, Any]]:
    """What levels below say of a key, and whose they are."""
    schemas = [(current_schema(), "")]
    if wish.on_platform:
        schemas += list(Tenant.objects.values_list("schema_name", "slug"))
    for schema, slug in schemas:
        with schema_context(schema):
            rows = Setting.objects.held_at(now).filter(key=key.name)
            for row in rows if slug else rows.filter(layer=Layer.USER):
                yield (slug or str(row.user_id)), row.value


def _invalid(detail: Sentence, pointer: str) -> Invalid:
    return Invalid(detail, errors=[Problem(pointer, detail)])
