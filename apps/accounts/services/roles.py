"""Roles of a tenant's own. Who changes one could give it: everybody who has it gains and loses at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from apps import audit
from apps.accounts import lineage
from apps.accounts.lines import Permission
from apps.accounts.models import Grant, Inheritance, Role, User
from apps.accounts.services.grants import refuse_more_than_own, refuse_unheld
from apps.core import events
from apps.core.errors import Invalid, Problem, Refused
from apps.core.locking import all_locked, hold, locked
from resimate_text.sentences import Sentence

MOST_ROLES: Final = 1_000
MOST_PARENTS: Final = 20
#: Of roles that build on one another: the eyes of whoever asks why must be able to follow.
MOST_LEVELS: Final = 5


class SystemRole(Refused):
    code = "system_role"
    title = "Built-in roles cannot be changed"


class RoleInUse(Refused):
    code = "role_in_use"
    title = "The role is still granted to somebody, or others build on it"


class RoleExists(Refused):
    code = "role_exists"
    title = "There is already a role with this code"


class TooManyRoles(Refused):
    code = "too_many_roles"
    title = "There are as many roles as a tenant can have"


class RoleDenies(Refused):
    code = "role_denies"
    title = "The role is what somebody is denied"


@transaction.atomic
def create_role(
    code: str,
    *,
    name: str,
    permissions: Sequence[str],
    parents: Iterable[Role] = (),
    acting_user: User | None,
    now: datetime,
) -> Role:
    """Make a role that says these lines, and what its parents say besides."""
    hold("roles.inheritance")
    if Role.objects.count() >= MOST_ROLES:
        raise TooManyRoles(Sentence("There are {count} roles. Delete some that nobody has.", count=MOST_ROLES))
    above = _held_parents(parents)
    _refuse_levels(above, levels_below=1)
    refuse_more_than_own(acting_user, lineage.permissions_with(permissions, above))
    role = Role(code=code, name=name, permissions=list(permissions))
    try:
        with transaction.atomic():
            role.save(force_insert=True)
    except IntegrityError as error:
        raise RoleExists(Sentence("There is already a role {code}.", code=code)) from error
    _build_on(role, above)
    audit.record("role.created", now=now, target=role, actor=acting_user, details=_about(role, above))
    events.publish("role.created", {"role_id": str(role.pk)}, now=now)
    return role


@transaction.atomic
def change_role(
    role: Role,
    *,
    name: str,
    permissions: Sequence[str],
    parents: Iterable[Role] | None = None,
    acting_user: User | None,
    now: datetime,
) -> Role:
    """Change a role of the tenant's own; without ``parents`` it builds on what it does now."""
    hold("roles.inheritance")
    role = _own_role(role)
    refuse_unheld(acting_user, [Permission.stored(text) for text in lineage.permissions_of(role)])
    above = _held_parents(role.parents.all() if parents is None else parents)
    _refuse_cycle(role, above)
    _refuse_levels(above, levels_below=lineage.levels_below(role))
    refuse_more_than_own(acting_user, lineage.permissions_with(permissions, above))
    _refuse_changed_denial(role)
    role.name, role.permissions = name, list(permissions)
    role.save(update_fields=["name", "permissions"])
    _build_on(role, above)
    audit.record("role.changed", now=now, target=role, actor=acting_user, details=_about(role, above))
    events.publish("role.changed", {"role_id": str(role.pk)}, now=now)
    return role


@transaction.atomic
def delete_role(role: Role, *, acting_user: User | None, now: datetime) -> None:
    role = _own_role(role)
    if role.grants.exists():
        raise RoleInUse(Sentence("The role {role} is still granted to somebody.", role=role.name))
    if child := lineage.children_of(role).first():
        raise RoleInUse(Sentence("The role {other} still builds on {role}.", role=role.name, other=child.name))
    audit.record("role.deleted", now=now, target=role, actor=acting_user)
    events.publish("role.deleted", {"role_id": str(role.pk)}, now=now)
    role.delete()


def _own_role(role: Role) -> Role:
    role = locked(Role.objects.all(), role.pk)
    if role.is_system:
        raise SystemRole(Sentence("The role {role} is built in and cannot be changed.", role=role.name))
    return role


def _held_parents(parents: Iterable[Role]) -> Sequence[Role]:
    """The roles to build on, which are not deleted meanwhile."""
    wanted = {one.pk for one in parents}
    if len(wanted) > MOST_PARENTS:
        raise _wrong(Sentence("A role builds on {count} others at most.", count=MOST_PARENTS))
    held = all_locked(Role.objects.filter(pk__in=wanted), no_key=True)
    if len(held) < len(wanted):
        raise _wrong(Sentence("A role that this one builds on was deleted meanwhile."))
    return held


def _refuse_cycle(role: Role, parents: Sequence[Role]) -> None:
    for found in lineage.of(one.pk for one in parents).values():
        if role in found:
            raise _wrong(Sentence("The role {other} builds on {role} already.", role=role.name, other=found[0].name))


def _refuse_levels(parents: Sequence[Role], *, levels_below: int) -> None:
    if parents and lineage.levels_above(parents) + levels_below > MOST_LEVELS:
        raise _wrong(Sentence("At most {count} roles build on one another.", count=MOST_LEVELS))


def _refuse_changed_denial(role: Role) -> None:
    """Who changes it would deny more, or less, to somebody who may be mightier than they are."""
    if Grant.objects.filter(denies=True, role__in=lineage.building_on(role)).exists():
        raise RoleDenies(Sentence("Somebody is denied what {role} says. Lift that first.", role=role.name))


def _wrong(reason: Sentence) -> Invalid:
    return Invalid(reason, errors=[Problem("/parents", reason)])


def _build_on(role: Role, parents: Sequence[Role]) -> None:
    Inheritance.objects.filter(child=role).exclude(parent__in=parents).delete()
    known = set(Inheritance.objects.filter(child=role).values_list("parent", flat=True))
    Inheritance.objects.bulk_create(Inheritance(child=role, parent=one) for one in parents if one.pk not in known)


def _about(role: Role, parents: Sequence[Role]) -> dict[str, Any]:
    return {"permissions": role.permissions} | ({"parents": [one.code for one in parents]} if parents else {})
