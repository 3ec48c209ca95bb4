"""Why may this person do that, or why not: what the evaluator decides, with the grants that it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model
from django.utils.translation import gettext_noop as _

from apps.accounts import authz, lineage
from apps.accounts.lines import Permission
from apps.accounts.models import Grant, Role, User
from apps.core import rights
from apps.core.errors import Invalid, Problem
from resimate_text.sentences import Sentence

OUT_OF_SIGHT = _("There is no such object, or it is out of your sight.")


@dataclass(frozen=True, slots=True)
class Reason:
    """A line of a role that somebody has: ``grant`` gave it, ``object_id`` narrows it, ``valid_until`` ends it.

    ``inherited_from`` is the code of the role that says it, where the one that was given builds on that.
    ``delegator`` is who handed it on; it counts while they have it themselves.
    """

    grant: UUID
    role: str
    inherited_from: str
    permission: str
    scope: str
    object_id: UUID | None
    valid_until: datetime | None
    delegator: User | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """``because`` is empty for who may not. ``beside`` are permissions of that kind which do not reach the object.

    ``denied_by`` has the last word; ``missing`` names what would be enough, which nothing is where something denies
    it. ``detail`` says in words what stands in the way.
    """

    user: UUID
    permission: str
    object: UUID | None
    allow: bool
    because: list[Reason]
    beside: list[Reason]
    denied_by: list[Reason]
    missing: list[str]
    detail: Sentence | str


def explain(user: User, permission: str, object_id: UUID | None, *, acting_user: User, now: datetime) -> Explanation:
    """Explain a decision about one object, or, without one, about the whole tenant; to make something needs none.

    ``user`` is the acting user itself, with the key they came with, where it is about them. Of what the acting user
    may not see the answer is that of an object which is not there: nobody reaches it. Raises ``Invalid``.
    """
    resource, action = _read(permission)
    obj = _object(resource, object_id, permission, user, acting_user) if object_id else None
    is_out_of_sight = object_id is not None and obj is None
    given, denied, lapsed = _held(user, now)
    speaking = [(reason, one) for reason, one in given if _speaks(one, resource, action)]
    covering = [] if is_out_of_sight else [reason for reason, one in speaking if _covers(user, one, action, obj)]
    barring = [] if is_out_of_sight else [reason for reason, one in denied if _bars(user, one, resource, action, obj)]
    allow = bool(covering) and _decides(user, permission, obj)
    lapsing = [reason for reason, one in lapsed if _speaks(one, resource, action)]
    return Explanation(
        user=user.pk,
        permission=permission,
        object=object_id,
        allow=allow,
        because=covering if allow else [],
        beside=[*(reason for reason, _one in speaking if not allow or reason not in covering), *lapsing],
        denied_by=barring,
        missing=[] if allow or barring else [f"{resource}:tenant:{action}"],
        detail=OUT_OF_SIGHT if is_out_of_sight else _in_words(user, allow, barring, covering, speaking, lapsing),
    )


def _read(permission: str) -> tuple[str, str]:
    resource, _, action = permission.partition(":")
    known = rights.RESOURCES.get(resource)
    if known is None or action not in known.actions:
        detail = Sentence("{text!r} is no permission. Ask for resource:action, as in campaigns:read.", text=permission)
        raise Invalid(detail, errors=[Problem("/permission", detail)])
    return resource, action


def _object(resource: str, object_id: UUID, permission: str, user: User, acting_user: User) -> Model | None:
    """The object, if who asks may see it; of oneself one may also ask about what one may do without seeing it."""
    label = rights.RESOURCES[resource].model
    if not label:
        detail = Sentence("Permissions for {resource} are not given object by object.", resource=resource)
        raise Invalid(detail, errors=[Problem("/object", detail)])
    rows = apps.get_model(label)._default_manager.filter(pk=object_id)
    seen = authz.visible(rows, acting_user, f"{resource}:read").first()
    return seen or (authz.visible(rows, acting_user, permission).first() if user == acting_user else None)


Line = tuple[Reason, Permission]


def _held(user: User, now: datetime) -> tuple[list[Line], list[Line], list[Line]]:
    """What the user's grants give and what they deny, each permission beside the grant that it comes from.

    Then what somebody handed on who does not have it any more.
    """
    grants = Grant.objects.filter(user=user).valid_at(now).select_related("delegator__key")
    found = list(grants.order_by("granted_at", "pk"))
    means = lineage.of({grant.role_id for grant in found})
    given: list[Line] = []
    denied: list[Line] = []
    lapsed: list[Line] = []
    for grant in found:
        itself, *others = means[grant.role_id]
        for line in (_read_off(grant, itself, role, text) for role in (itself, *others) for text in role.permissions):
            is_lapsed = grant.is_handed_on and (str(grant.delegator_id), line[1]) not in authz.lent_to(user)
            (denied if grant.denies else lapsed if is_lapsed else given).append(line)
    return given, denied, lapsed


def _read_off(grant: Grant, given: Role, role: Role, text: str) -> Line:
    one = authz.denial_of(text, grant.object_id) if grant.denies else Permission.stored(text, grant.object_id)
    inherited_from = "" if role == given else role.code
    by = grant.delegator
    return (
        Reason(grant.pk, given.code, inherited_from, text, one.scope, grant.object_id, grant.valid_until, by),
        one,
    )


def _speaks(one: Permission, resource: str, action: str) -> bool:
    return one.is_about(resource, action) and (action != "create" or one.makes)


def _bars(user: User, one: Permission, resource: str, action: str, obj: Model | None) -> bool:
    """Of the whole tenant, a part that is denied is enough."""
    if not one.bars(resource, action):
        return False
    return (action != "create" or one.makes) if obj is None else authz.reaches(user, one, obj)


def _covers(user: User, one: Permission, action: str, obj: Model | None) -> bool:
    if obj is None:
        return one.is_everywhere or action == "create"
    return authz.reaches(user, one, obj)


def _decides(user: Any, permission: str, obj: Model | None) -> bool:
    """The evaluator has the last word: it knows of closed accounts, and of the key that somebody came with."""
    if obj is not None:
        return authz.allows(user, permission, obj)
    return authz.somewhere(user, permission) if permission.endswith(":create") else authz.everywhere(user, permission)


def _in_words(
    user: User,
    allow: bool,
    barring: Sequence[Any],
    covering: Sequence[Reason],
    speaking: Sequence[Any],
    lapsing: Sequence[Any],
) -> Sentence | str:
    if allow:
        return _because(covering)
    if not user.is_active:
        return _("The account is closed.")
    if barring:
        return _("It is denied to this person, or a part of it is: no role gives it back.")
    if covering:
        return _("The roles of this person include it, but the API key does not.")
    if lapsing:
        return _("It was handed on to this person, but whoever did does not have it any more.")
    return _("A role includes it, but not for this object.") if speaking else _("No role of this person includes it.")


def _because(covering: Sequence[Reason]) -> Sentence | str:
    """Their own role comes first: what was handed on decides only where nothing else permits it."""
    by = covering[0].delegator
    if by is None or any(one.delegator is None for one in covering):
        return _("A role of this person includes it.")
    return Sentence("A role includes it that {person} handed on.", person=str(by))
