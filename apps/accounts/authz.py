"""May this user do that? The one evaluator behind ``has_perm``, the API's permissions and every list.

A grant says ``resource:scope:action``; a question says ``resource:action`` and, mostly, an object. ``manage`` and ``*``
as action cover every action of the resource; ``tenant:…:manage`` covers every resource, because the tenant contains
them all. A grant that denies has the last word: what it covers no other permits. Nothing crosses tenants: the schema
is the outer wall. Which resources, scopes and roles there are, apps declare in ``permissions.py``. Scopes other than
``tenant`` are conditions that each app registers for its own models, so that lists filter in SQL with the very
condition that single objects are asked.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from operator import or_
from time import monotonic
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from apps.accounts import lineage, uses
from apps.accounts.keys import Credential
from apps.accounts.lines import Permission, Said
from apps.accounts.models import User
from apps.core import rights
from apps.core.errors import Refused
from apps.core.memory import forgets
from apps.core.rights import EVERYWHERE
from resimate_text.sentences import Sentence

#: All that needs no name of its own.
EVERYTHING = "*:*:*"
#: Seconds for which what was read of grants counts: a request is over by then, a long job asks again.
FRESH: Final = 60

Rows = TypeVar("Rows", bound=QuerySet[Any])


class NotPermitted(Refused):
    code = "permission_denied"
    status = 403
    title = "Not permitted"


#: Which rows a scope covers for a user; where it is of one object, those of these objects: ``pk__among=objects``.
Condition = Callable[[User, Any], Q]
_conditions: dict[tuple[type[Model], str], Condition] = {}


def register_scope(model: type[Model], scope: str, condition: Condition) -> None:
    """Say which rows of a model a scope covers for a user: ``condition(user, objects) -> Q``."""
    if scope not in rights.SCOPES:
        raise ValueError(f"no app declares the scope {scope}")
    _conditions[model, scope] = condition


def denial_of(text: str, object_id: UUID | None = None) -> Permission:
    """Read what is denied. Where a scope says nothing of the rows of a resource, the resource is denied as a whole."""
    one = Permission.stored(text, object_id)
    if one.scope in EVERYWHERE or one.resource not in rights.RESOURCES:
        return one
    label = rights.RESOURCES[one.resource].model
    has_rows = any(scope == one.scope and model._meta.label == label for model, scope in _conditions)
    return one if has_rows else Permission(one.resource, "tenant", one.action)


def scopes_of(resource: rights.Resource) -> list[str]:
    """The scopes that are a condition on the rows of a resource."""
    return [scope for model, scope in _conditions if model._meta.label == resource.model]


class Bearing(NamedTuple):
    """What bears on one question: what permits it, where it is not denied altogether, and what denies a part."""

    permits: list[Permission]
    denies: list[Permission]
    is_everywhere: bool


NOTHING: Final = Bearing([], [], False)


@dataclass(slots=True)
class Known:
    """What was read of somebody's grants, and what followed from it.

    ``lent`` was handed on to them, beside the id of who did; it counts as what is their own does. What they have
    ``in_person`` no key reaches, and nobody else gets by them.
    """

    own: tuple[Permission, ...]
    lent: frozenset[tuple[str, Permission]]
    denies: tuple[Permission, ...]
    until: float
    in_person: tuple[Permission, ...] = ()
    permits: tuple[Permission, ...] = ()
    bearing: dict[str, Bearing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.permits = (*self.of_keys, *self.in_person)

    @property
    def of_keys(self) -> tuple[Permission, ...]:
        """What a key of theirs may reach."""
        return (*self.own, *(one for _by, one in self.lent))


def permissions_of(user: User) -> tuple[Permission, ...]:
    """All that the user's grants permit now, denied or not: asked of the database once in a request."""
    return _known(user).permits


def denials_of(user: User) -> tuple[Permission, ...]:
    """All that the user's grants deny now, and those of who looks as they do."""
    viewer = viewer_of(user)
    return _known(user).denies + (denials_of(viewer) if viewer else ())


def lent_to(user: User) -> frozenset[tuple[str, Permission]]:
    """What was handed on to the user and counts now, beside the id of who did."""
    return _known(user).lent


def _known(user: User) -> Known:
    known: Known | None = getattr(user, "_known", None)
    if known is None or known.until < monotonic():
        known = remember(user, lineage.given(user, timezone.now()))
    return known


def read_together(users: Iterable[User]) -> None:
    """Read in one query what grants several people have, of whom much is asked in a row."""
    unread = [user for user in users if not hasattr(user, "_known")]
    given = lineage.given_to({user.pk for user in unread}, timezone.now())
    for user in unread:
        remember(user, given[user.pk])


def remember(user: User, given: Iterable[Any]) -> Known:
    """Keep on the user object what its grants say, each as ``lineage.given`` has it: lines, objects, and if it denies.

    Without objects, or with None among them, it is for everything.
    """
    said: defaultdict[str, Said] = defaultdict(Said)
    handed_on: list[tuple[str, Permission]] = []
    in_person: list[Permission] = []
    for lines, objects, *more in given:
        denies, holder, delegator, is_in_person = _with_defaults(more)
        read = _denied if denies else _parsed
        found = [read(text, str(one or "")) for text in lines for one in objects or [None]]
        if is_in_person:
            in_person += found
        elif delegator:
            handed_on += [(str(delegator), one) for one in found]
        else:
            said[str(holder or "")].add(found, denies=denies)
    own, lent = said[""], frozenset((by, one) for by, one in handed_on if said[by].lends(one))
    known = Known(tuple(own.permits), lent, tuple(own.denies), monotonic() + FRESH, tuple(in_person))
    user._known = known  # type: ignore[attr-defined]  # noqa: SLF001  remembered on the instance
    return known


def _with_defaults(more: list[Any]) -> tuple[Any, ...]:
    return (*more, *(False, None, None, False)[len(more) :])


@lru_cache(maxsize=4096)
def _parsed(text: str, object_id: str) -> Permission:
    return Permission.stored(text, UUID(object_id) if object_id else None)


@lru_cache(maxsize=1024)
def _denied(text: str, object_id: str) -> Permission:
    return denial_of(text, UUID(object_id) if object_id else None)


forgets(_parsed.cache_clear)
forgets(_denied.cache_clear)


def narrow(user: User, key: Credential) -> None:
    """The bearer of a key may do what the key *and* its user may do."""
    user._key = key  # type: ignore[attr-defined]  # noqa: SLF001  remembered on the instance
    if hasattr(user, "_known"):
        user._known.bearing.clear()  # noqa: SLF001  as above


def key_of(user: User) -> Credential | None:
    """The key with which the user came; none for who signed in."""
    key: Credential | None = getattr(user, "_key", None)
    return key


def narrow_to(person: User, viewer: User) -> None:
    """Whoever looks at the product as somebody else does sees what both of them may see."""
    person._viewer = viewer  # type: ignore[attr-defined]  # noqa: SLF001  remembered on the instance


def viewer_of(user: Any) -> User | None:
    """Who looks at the product as this user does; none for those who came themselves."""
    viewer: User | None = getattr(user, "_viewer", None)
    return viewer


def relevant(user: Any, permission: str) -> list[Permission]:
    """The user's permissions that bear on ``resource:action``; with a key, no further than the key reaches.

    To make something takes the whole tenant, or what is one's own. What is denied altogether is not among them.
    """
    return _bearing(user, permission).permits if somewhere(user, permission) else []


def _bearing(user: Any, permission: str) -> Bearing:
    if not isinstance(user, User) or not user.is_active:
        return NOTHING
    known = _known(user)
    found = known.bearing.get(permission)
    if found is None:
        found = known.bearing[permission] = _found(user, known, *permission.split(":"))
    return found


def _found(user: User, known: Known, resource: str, action: str) -> Bearing:
    has = known.of_keys if key_of(user) else known.permits
    permits = [one for one in has if one.is_about(resource, action)]
    denies = [one for one in known.denies if one.bars(resource, action)]
    if key := _reach_of_key(user):
        of_key = [one for one in key if one.is_about(resource, action)]
        permits = [narrower for one in permits for other in of_key if (narrower := one.narrowed_by(other))]
    if action == "create":
        permits = [] if any(one.makes for one in denies) else [one for one in permits if one.makes]
        denies = []
    permits = _left_of(permits, denies)
    return Bearing(permits, denies, not denies and any(one.is_everywhere for one in permits))


def _left_of(permits: list[Permission], denies: list[Permission]) -> list[Permission]:
    """Without those that are denied as far as they reach."""
    if any(one.is_everywhere for one in denies):
        return []
    denied = {(one.scope, one.object_id) for one in denies}
    return [one for one in permits if denied.isdisjoint([(one.scope, None), (one.scope, one.object_id)])]


def has(user: User, wanted: Permission) -> bool:
    """Whether the user is given all of a permission, whatever else is denied them."""
    has = _known(user).of_keys if key_of(user) else permissions_of(user)
    return any(one.covers(wanted) for one in has) and _is_in_reach_of_key(user, wanted)


def holds(user: User, wanted: Permission) -> bool:
    """Whether all of a permission is the user's own, with nothing of it denied, so that they may give it to others."""
    known = _known(user)
    is_own = any(one.gives(wanted) for one in known.own) and _is_in_reach_of_key(user, wanted)
    return is_own and not any(one.touches(wanted) for one in known.denies)


def owns(user: User, wanted: Permission) -> bool:
    """Whether it is the user's by their own grants, rather than handed on by somebody."""
    return any(one.covers(wanted) for one in _known(user).own)


def lends(user: User, wanted: Permission) -> bool:
    """Whether the user may hand it on: what they hold, but neither what is apart nor what would be others' rows."""
    said = Said()
    said.add(list(_known(user).own), denies=False)
    return holds(user, wanted) and said.lends(wanted)


def _is_in_reach_of_key(user: User, wanted: Permission) -> bool:
    key = _reach_of_key(user)
    return not key or any(one.covers(wanted) for one in key)


def _reach_of_key(user: User) -> tuple[Permission, ...]:
    """Nothing without a key. One that names no permissions has none to what is apart, whatever its user is given."""
    key = key_of(user)
    return tuple(_parsed(text, "") for text in key.permissions or [EVERYTHING]) if key else ()


def allows(user: Any, permission: str, obj: Model) -> bool:
    """Whether a grant covers this object, and none denies it."""
    found = _bearing(user, permission)
    if found.is_everywhere:
        return (viewer := viewer_of(user)) is None or allows(viewer, permission, obj)
    return visible(type(obj)._default_manager.filter(pk=obj.pk), user, permission).exists()


def reaches(user: User, one: Permission, obj: Model) -> bool:
    """Whether one of the user's permissions covers this object, whatever it is about."""
    return one.is_everywhere or bool(
        (covered := _covered(type(obj), user, [one])) and type(obj)._default_manager.filter(covered, pk=obj.pk).exists()
    )


def somewhere(user: Any, permission: str) -> bool:
    """Whether there is any grant of that kind, for whatever object: what opens a page and shows a button, no more.

    Of ``create`` it says all there is to say: what is made is one's own.
    """
    may = bool(_bearing(user, permission).permits)
    return may and ((viewer := viewer_of(user)) is None or somewhere(viewer, permission))


def everywhere(user: Any, permission: str) -> bool:
    """Whether a grant covers the whole tenant, and nothing of it is denied: for what is nobody's in particular."""
    may = _bearing(user, permission).is_everywhere
    return may and ((viewer := viewer_of(user)) is None or everywhere(viewer, permission))


def require(acting_user: User | None, permission: str, obj: Model | None = None) -> None:
    """Refuse who may not, in a service: on the object, or, without one, anywhere at all.

    Without an acting user it is the operator, or the product itself, that acts.
    """
    if acting_user is None:
        return
    if not (somewhere(acting_user, permission) if obj is None else allows(acting_user, permission, obj)):
        raise _not_permitted(permission)
    uses.note(acting_user, permission)


def require_everywhere(acting_user: User | None, permission: str) -> None:
    """Refuse who may not do it in the whole tenant."""
    if acting_user is None:
        return
    if not everywhere(acting_user, permission):
        raise _not_permitted(permission)
    uses.note(acting_user, permission)


def require_each(acting_user: User | None, permission: str, queryset: QuerySet[Any]) -> None:
    """Refuse who may not do it to every row."""
    if acting_user is None:
        return
    if not everywhere(acting_user, permission):
        theirs = visible(queryset.model._default_manager.all(), acting_user, permission)
        if queryset.exclude(pk__in=theirs.order_by().values("pk")).exists():
            raise _not_permitted(permission)
    uses.note(acting_user, permission)


def _not_permitted(permission: str) -> NotPermitted:
    return NotPermitted(Sentence("Your roles do not include this: {permission}.", permission=permission))


def seen_by(acting_user: User | None, queryset: Rows, permission: str) -> Rows:
    """What a service may use for who asked; without an acting user, everything."""
    return queryset if acting_user is None else visible(queryset, acting_user, permission)


def visible(queryset: Rows, user: Any, permission: str, *, but: Collection[str] = frozenset()) -> Rows:
    """The rows on which the user has the permission, by grants of other scopes than these.

    A tenant-wide grant adds no condition at all.
    """
    if viewer := viewer_of(user):
        queryset = visible(queryset, viewer, permission, but=but)
    found = _bearing(user, permission)
    if found.is_everywhere:
        return queryset
    permits = [one for one in found.permits if one.scope not in but]
    if not any(one.is_everywhere for one in permits):
        if (covered := _covered(queryset.model, user, permits)) is None:
            return queryset.none()
        queryset = queryset.filter(covered)
    denied = _covered(queryset.model, user, found.denies)
    return queryset if denied is None else queryset.exclude(denied)


def _covered(model: type[Model], user: User, permissions: Iterable[Permission]) -> Q | None:
    """One uncorrelated ``IN`` for each scope: OR inside a correlated EXISTS is fifty times slower.

    However many objects grants are for, they are one parameter. None where nothing is covered.
    """
    by_scope: dict[str, list[UUID]] = {}
    for one in permissions:
        objects = by_scope.setdefault(one.scope, [])
        if one.object_id is not None:
            objects.append(one.object_id)
    conditions = [
        _on_rows(model, condition(user, objects))
        for scope, objects in by_scope.items()
        if (condition := _conditions.get((model, scope)))
    ]
    return reduce(or_, conditions) if conditions else None


def _on_rows(model: type[Model], condition: Q) -> Q:
    """Without a query of its own where it asks for nothing but the row itself."""
    if all(isinstance(child, tuple) and child[0].startswith("pk__") for child in condition.children):
        return condition
    return Q(pk__in=model._default_manager.filter(condition).order_by().values("pk"))
