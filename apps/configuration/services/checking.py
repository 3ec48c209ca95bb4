"""What is wrong with a change, before it is made."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Q
from django_tenants.utils import get_public_schema_name

from apps.configuration import snapshots
from apps.configuration.levels import PLATFORM, TENANT, USER, binding
from apps.configuration.models import Layer, Setting
from apps.configuration.registry import KEYS, Key, Level
from apps.core.errors import Invalid, Problem, Refused
from apps.core.models import TenantFact
from apps.core.moments import problem_beyond
from apps.core.tenancy import current_schema
from apps.tenants.models import Tenant
from resimate_text.nearest import nearest
from resimate_text.sentences import Sentence

#: So many of those below who say something else are named.
MOST_NAMED: Final = 20


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
    return Wish(key, usual(key, said["value"]), Layer(layer), user, until, said["locked"])


def usual(key: str, value: Any) -> Any:
    """The value in the form in which it is kept."""
    return KEYS[key].usual(value) if key in KEYS else value


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
    """Raises ``Invalid``, and says which there are that are called like it."""
    if name in KEYS:
        return KEYS[name]
    meant = nearest(name, KEYS)
    if not meant:
        raise _invalid(Sentence("There is no setting {key}.", key=name), "/key")
    detail = Sentence("There is no setting {key}. Did you mean {names}?", key=name, names=", ".join(meant))
    raise _invalid(detail, "/key")


def refuse_none(key: Key) -> None:
    """``null`` is no value of any key."""
    detail = Sentence("{key} cannot be set to nothing.", key=key.name)
    raise Invalid(detail, errors=[Problem("/value", detail)])


def _refuse_misfit(key: Key, value: Any) -> None:
    if misfit := key.misfit(value):
        detail = Sentence("{key}: {problem}", key=key.name, problem=misfit.detail)
        raise Invalid(detail, errors=[Problem(f"/value{misfit.pointer}", misfit.detail)])


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
        Sentence("{whose} says {value}.", whose=whose, value=_shown(key, value))
        for whose, value in islice(_otherwise_below(wish, now), MOST_NAMED + 1)
    ]
    if len(others) > MOST_NAMED:
        others[-1] = Sentence("Others do, too.")
    if others:
        detail = Sentence("Below, {key} is set to something else. Take that back first.", key=key.name)
        raise Contradicted(detail, errors=[Problem("/locked", one, Contradicted.code) for one in others])


def _shown(key: Key, value: Any) -> Any:
    return value if key.may_be_kept and value is not None else Sentence("something else")


def _otherwise_below(wish: Wish, now: datetime) -> Iterator[tuple[str, Any]]:
    """Who below says something else than the wish, and what: of users here, and, for the platform, in tenants."""
    for row in Setting.objects.filter(key=wish.key, layer=Layer.USER):
        if row.value != wish.value:
            yield str(row.user_id), row.value
    if wish.on_platform:
        yield from _otherwise_in_tenants(wish, now)


def _otherwise_in_tenants(wish: Wish, now: datetime) -> Iterator[tuple[str, Any]]:
    """By one query, however many tenants there are. A text is theirs: whatever it is, it counts as something else."""
    facts = TenantFact.objects.filter(Q(until=None) | Q(until__gt=now), of=snapshots.OF, name=wish.key)
    others = facts.exclude(value=wish.value).values_list("tenant", "value").order_by("tenant").distinct()
    found = list(others[: MOST_NAMED + 1])
    slugs = dict(
        Tenant.objects.filter(schema_name__in={tenant for tenant, _ in found}).values_list("schema_name", "slug")
    )
    yield from ((slugs.get(tenant, tenant), value) for tenant, value in found)


def _invalid(detail: Sentence, pointer: str) -> Invalid:
    return Invalid(detail, errors=[Problem(pointer, detail)])
