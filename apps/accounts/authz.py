"""May this user do that? The one evaluator behind ``has_perm``, the API's permissions and every list.

A grant says ``resource:scope:action``; a question says ``resource:action`` and, mostly, an object. ``manage`` and ``*``
as action cover every action of the resource; ``tenant:…:manage`` covers every resource, because the tenant contains
them all. It never crosses tenants: the schema is the outer wall. Which resources, scopes and roles there are, apps
declare in ``permissions.py``. Scopes other than ``tenant`` are conditions that each app registers for its own models,
so that lists filter in SQL with the very condition that single objects are asked.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from apps.accounts.models import ApiKey, Grant, User
from apps.core import rights
from apps.core.errors import Invalid, Problem, Refused
from apps.core.memory import forgets
from apps.core.rights import ALL_ACTIONS, EVERYWHERE, OWN
from resimate_text.sentences import Sentence

MAKING = EVERYWHERE | {OWN}
#: All that needs no name of its own.
EVERYTHING = "*:*:*"

M = TypeVar("M", bound=Model)


class NotPermitted(Refused):
    code = "permission_denied"
    status = 403
    title = "Not permitted"


Condition = Callable[[User, UUID | None], Q]
_conditions: dict[tuple[type[Model], str], Condition] = {}


@dataclass(frozen=True, slots=True)
class Permission:
    """One line of a grant; ``object_id`` narrows a scope of one object to it."""

    resource: str
    scope: str
    action: str
    object_id: UUID | None = None

    @classmethod
    def parse(cls, text: str, object_id: UUID | None = None) -> "Permission":
        """Read what somebody wants to permit. Refuses what no app declares."""
        if not rights.is_known(text):
            detail = Sentence("{text!r} is not a permission of this product. Use resource:scope:action.", text=text)
            raise Invalid(
                Sentence("{text!r} is not a permission.", text=text), errors=[Problem("/permissions", detail)]
            )
        return cls.stored(text, object_id)

    @classmethod
    def stored(cls, text: str, object_id: UUID | None = None) -> "Permission":
        """Read what was permitted some day: what no app declares any more, or not yet, permits nothing."""
        resource, scope, action = text.split(":") if rights.is_known(text) else (text, "", "")
        return cls(resource, scope, action, object_id)

    def __str__(self) -> str:
        return ":".join(part for part in (self.resource, self.scope, self.action) if part)

    @property
    def is_everywhere(self) -> bool:
        """Tenant-wide, and not narrowed to one object by its grant."""
        return self.scope in EVERYWHERE and self.object_id is None

    @property
    def makes(self) -> bool:
        """What covers one object, or one's part in it, makes no others."""
        return self.scope in MAKING

    def is_about(self, resource: str, action: str) -> bool:
        if self.resource != resource and rights.is_apart(resource):
            return False
        if self.resource == "tenant" and self.action in ALL_ACTIONS:
            return True
        return self.resource in (resource, "*") and (self.action == action or self.action in ALL_ACTIONS)

    def covers(self, other: "Permission") -> bool:
        """Whether everything that the other permits is permitted by this."""
        if not self.is_about(other.resource, other.action):
            return False
        return self.is_everywhere or (self.scope == other.scope and self.object_id in (None, other.object_id))

    def narrowed_by(self, key: "Permission") -> "Permission | None":
        """The narrower reach of the two; none when neither contains the other."""
        if key.is_everywhere:
            return self
        if self.is_everywhere:
            return key
        return self if self.scope == key.scope else None


def register_scope(model: type[Model], scope: str, condition: Condition) -> None:
    """Say which rows of a model a scope covers for a user: ``condition(user, object_id) -> Q``."""
    if scope not in rights.SCOPES:
        raise ValueError(f"no app declares the scope {scope}")
    _conditions[model, scope] = condition


def permissions_of(user: User) -> tuple[Permission, ...]:
    """All that the user's grants say now; asked of the database once for each user object (that is, each request)."""
    known: tuple[Permission, ...] | None = getattr(user, "_permissions", None)
    if known is None:
        grants = Grant.objects.filter(user=user).valid_at(timezone.now()).values_list("role__permissions", "object_id")
        known = remember(user, grants)
    return known


def remember(user: User, grants: Iterable[tuple[list[str], Any]]) -> tuple[Permission, ...]:
    """Keep on the user object what its grants say: pairs of a role's permissions and the object they are for."""
    known = tuple(_parsed(text, str(object_id or "")) for texts, object_id in grants for text in texts)
    user._permissions = known  # type: ignore[attr-defined]  # noqa: SLF001  remembered on the instance
    return known


@lru_cache(maxsize=4096)
def _parsed(text: str, object_id: str) -> Permission:
    return Permission.stored(text, UUID(object_id) if object_id else None)


forgets(_parsed.cache_clear)


def narrow(user: User, key: ApiKey) -> None:
    """The bearer of an API key may do what the key *and* its user may do."""
    user._key = key  # type: ignore[attr-defined]  # noqa: SLF001  remembered on the instance


def key_of(user: User) -> ApiKey | None:
    """The key with which the user came; none for who signed in."""
    key: ApiKey | None = getattr(user, "_key", None)
    return key


def relevant(user: Any, permission: str) -> list[Permission]:
    """The user's permissions that bear on ``resource:action``; with a key, no further than the key reaches.

    To make something takes the whole tenant, or what is one's own.
    """
    resource, action = permission.split(":")
    if not isinstance(user, User) or not user.is_active:
        return []
    found = [one for one in permissions_of(user) if one.is_about(resource, action)]
    if key := _reach_of_key(user):
        of_key = [one for one in key if one.is_about(resource, action)]
        found = [narrower for one in found for other in of_key if (narrower := one.narrowed_by(other))]
    return [one for one in found if one.makes] if action == "create" else found


def holds(user: User, wanted: Permission) -> bool:
    """Whether the user has all of a permission, so that they may give it to others."""
    key = _reach_of_key(user)
    return any(one.covers(wanted) for one in permissions_of(user)) and (
        not key or any(one.covers(wanted) for one in key)
    )


def _reach_of_key(user: User) -> tuple[Permission, ...]:
    """Nothing without a key. One that names no permissions has none to what is apart, whatever its user is given."""
    key = key_of(user)
    return tuple(_parsed(text, "") for text in key.permissions or [EVERYTHING]) if key else ()


def allows(user: Any, permission: str, obj: Model) -> bool:
    """Whether a grant covers this object."""
    found = relevant(user, permission)
    if any(one.is_everywhere for one in found):
        return True
    return _covered(type(obj)._default_manager.filter(pk=obj.pk), user, found).exists()


def reaches(user: User, one: Permission, obj: Model) -> bool:
    """Whether one of the user's permissions covers this object, whatever it is about."""
    return one.is_everywhere or _covered(type(obj)._default_manager.filter(pk=obj.pk), user, [one]).exists()


def somewhere(user: Any, permission: str) -> bool:
    """Whether there is any grant of that kind, for whatever object: what opens a page and shows a button, no more.

    Of ``create`` it says all there is to say: what is made is one's own.
    """
    return bool(relevant(user, permission))


def everywhere(user: Any, permission: str) -> bool:
    """Whether a grant covers the whole tenant: for what belongs to nobody in particular."""
    return any(one.is_everywhere for one in relevant(user, permission))


def require(acting_user: User | None, permission: str, obj: Model | None = None) -> None:
    """Refuse who may not, in a service: on the object, or, without one, anywhere at all.

    Without an acting user it is the operator, or the product itself, that acts.
    """
    if acting_user is None:
        return
    if not (somewhere(acting_user, permission) if obj is None else allows(acting_user, permission, obj)):
        raise _not_permitted(permission)


def require_everywhere(acting_user: User | None, permission: str) -> None:
    """Refuse who may not do it in the whole tenant."""
    if acting_user is not None and not everywhere(acting_user, permission):
        raise _not_permitted(permission)


def require_each(acting_user: User | None, permission: str, queryset: QuerySet[Any]) -> None:
    """Refuse who may not do it to every row."""
    if acting_user is None or everywhere(acting_user, permission):
        return
    theirs = _covered(queryset.model._default_manager.all(), acting_user, relevant(acting_user, permission))
    if queryset.exclude(pk__in=theirs.order_by().values("pk")).exists():
        raise _not_permitted(permission)


def _not_permitted(permission: str) -> NotPermitted:
    return NotPermitted(Sentence("Your roles do not include this: {permission}.", permission=permission))


def seen_by(acting_user: User | None, queryset: QuerySet[M], permission: str) -> QuerySet[M]:
    """What a service may use for who asked; without an acting user, everything."""
    return queryset if acting_user is None else visible(queryset, acting_user, permission)


def visible(queryset: QuerySet[M], user: Any, permission: str) -> QuerySet[M]:
    """The rows on which the user has the permission. A tenant-wide grant adds no condition at all."""
    if everywhere(user, permission):
        return queryset
    return _covered(queryset, user, relevant(user, permission))


def _covered(queryset: QuerySet[M], user: User, permissions: list[Permission]) -> QuerySet[M]:
    """One uncorrelated ``IN`` for each scope: OR inside a correlated EXISTS is fifty times slower."""
    conditions = [
        Q(pk__in=queryset.model._default_manager.filter(condition(user, permission.object_id)).order_by().values("pk"))
        for permission in permissions
        if (condition := _conditions.get((queryset.model, permission.scope)))
    ]
    if not conditions:
        return queryset.none()
    return queryset.filter(reduce(or_, conditions))
