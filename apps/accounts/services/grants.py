"""Roles and grants. Nobody gives away more than they have, and somebody always remains who administers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps import audit
from apps.accounts import authz
from apps.accounts.authz import Permission
from apps.accounts.models import Grant, Role, User
from apps.accounts.permissions import ADMINISTRATOR, PLATFORM_ADMINISTRATOR
from apps.accounts.services.held import held
from apps.core import events, moments, rights
from apps.core.errors import Invalid, Problem, Refused
from apps.core.locking import all_locked, lock, locked
from resimate_text.sentences import Sentence

ADMINISTRATORS = (ADMINISTRATOR.code, PLATFORM_ADMINISTRATOR.code)


class NotYoursToGive(Refused):
    code = "not_yours_to_give"
    status = 403
    title = "You can give only permissions that you have yourself"


class PasswordSeen(Refused):
    code = "password_seen"
    title = "Somebody else has seen the password of the account"


class LastAdministrator(Refused):
    code = "last_administrator"
    title = "At least one administrator must remain"


class AlreadyGranted(Refused):
    code = "already_granted"
    title = "The user already has this role"


class SystemRole(Refused):
    code = "system_role"
    title = "Built-in roles cannot be changed"


class RoleInUse(Refused):
    code = "role_in_use"
    title = "The role is still granted to somebody"


class RoleExists(Refused):
    code = "role_exists"
    title = "There is already a role with this code"


@transaction.atomic
def grant_role(
    user: User,
    role: Role,
    *,
    acting_user: User | None,
    now: datetime,
    object_id: UUID | None = None,
    valid_until: datetime | None = None,
) -> Grant:
    """Give a role, for good or for a time, for everything or one object. Without an acting user: the operator."""
    user = held(user)
    role = locked(Role.objects.all(), role.pk)
    _refuse_wider_than_object(role, object_id)
    refuse_more_than_own(acting_user, role.permissions, object_id)
    _refuse_password_seen(user, role)
    if too_far := moments.problem_beyond(valid_until, now, "/valid_until"):
        raise Invalid(too_far.detail, errors=[too_far])
    grant = Grant(
        user=user, role=role, object_id=object_id, granted_at=now, granted_by=acting_user, valid_until=valid_until
    )
    try:
        with transaction.atomic():
            grant.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyGranted(Sentence("The user already has the role {role}.", role=role.name)) from error
    audit.record("grant.created", now=now, target=grant, actor=acting_user, details=_about(grant))
    events.publish("grant.created", {"grant_id": str(grant.pk), "user_id": str(user.pk)}, now=now)
    return grant


def _refuse_wider_than_object(role: Role, object_id: UUID | None) -> None:
    """A grant for one object takes a role that speaks of objects; any other would mean more than it seems."""
    scopes = [rights.SCOPES[Permission.parse(text).scope] for text in role.permissions]
    if object_id is not None and not all(scope.of_one_object for scope in scopes):
        reason = Sentence("The role {role} cannot be limited to single objects.", role=role.name)
        raise Invalid(reason, errors=[Problem("/object_id", reason, "scope")])


def _refuse_password_seen(user: User, role: Role) -> None:
    """What administrators may not have, they shall not get by an account whose first password they were told."""
    is_apart = any(rights.is_apart(Permission.parse(text).resource) for text in role.permissions)
    if is_apart and user.password_is_first:
        raise PasswordSeen("An administrator was told the first password of this account. Its owner replaces it first.")


@transaction.atomic
def revoke_grant(grant: Grant, *, acting_user: User | None, now: datetime) -> None:
    grant = locked(Grant.objects.select_related("role"), grant.pk)
    refuse_unheld(acting_user, [Permission.stored(text, grant.object_id) for text in grant.role.permissions])
    if grant.role.code in ADMINISTRATORS:
        refuse_without_administrator(now, without_grant=grant)
    _end(grant, acting_user, now)


def grants_of(user: User) -> Sequence[Grant]:
    """The grants of an account, locked: before the roles of administrators, as who revokes one locks them."""
    return all_locked(Grant.objects.filter(user=user.pk).select_related("role"))


def end_grants(grants: Iterable[Grant], *, acting_user: User | None, now: datetime) -> None:
    """Take away grants that the caller holds, and may take away."""
    for grant in grants:
        _end(grant, acting_user, now)


def _end(grant: Grant, acting_user: User | None, now: datetime) -> None:
    audit.record("grant.revoked", now=now, target=grant, actor=acting_user, details=_about(grant))
    events.publish("grant.revoked", {"grant_id": str(grant.pk), "user_id": str(grant.user_id)}, now=now)
    grant.delete()


def _about(grant: Grant) -> dict[str, str]:
    return {"user": str(grant.user_id), "role": grant.role.code, "object": str(grant.object_id or "")}


def refuse_more_than_own(acting_user: User | None, permissions: Sequence[str], object_id: UUID | None = None) -> None:
    """What is given must be part of what the giver has; the operator's own commands give anything."""
    refuse_unheld(acting_user, [Permission.parse(text, object_id) for text in permissions])


def refuse_unheld(acting_user: User | None, wanted: Sequence[Permission]) -> None:
    missing = [one for one in wanted if acting_user is not None and not authz.holds(acting_user, one)]
    if missing:
        listed = ", ".join(map(str, missing))
        raise NotYoursToGive(Sentence("You do not have these permissions yourself: {permissions}.", permissions=listed))


def refuse_without_administrator(
    now: datetime, *, without_grant: Grant | None = None, without_user: User | None = None
) -> None:
    """Refuse what would leave nobody to administer. The lock on the roles puts two such removals in order."""
    lock(Role.objects.filter(code__in=ADMINISTRATORS))
    administrators = Grant.objects.filter(role__code__in=ADMINISTRATORS, object_id=None, user__is_active=True)
    remaining = administrators.valid_at(now)
    if without_grant is not None:
        remaining = remaining.exclude(pk=without_grant.pk)
    if without_user is not None:
        if not remaining.filter(user=without_user).exists():
            return
        remaining = remaining.exclude(user=without_user)
    if not remaining.exists():
        raise LastAdministrator("This is the last administrator. Make somebody else an administrator first.")


def create_role(code: str, *, name: str, permissions: Sequence[str], acting_user: User | None, now: datetime) -> Role:
    refuse_more_than_own(acting_user, permissions)
    role = Role(code=code, name=name, permissions=list(permissions))
    try:
        with transaction.atomic():
            role.save(force_insert=True)
            audit.record("role.created", now=now, target=role, actor=acting_user, details={"permissions": permissions})
            events.publish("role.created", {"role_id": str(role.pk)}, now=now)
    except IntegrityError as error:
        raise RoleExists(Sentence("There is already a role {code}.", code=code)) from error
    return role


@transaction.atomic
def change_role(role: Role, *, name: str, permissions: Sequence[str], acting_user: User | None, now: datetime) -> Role:
    """Change a role of the tenant's own; everybody who has it gains and loses at once."""
    role = _own_role(role)
    refuse_unheld(acting_user, [Permission.stored(text) for text in role.permissions])
    refuse_more_than_own(acting_user, permissions)
    role.name, role.permissions = name, list(permissions)
    role.save(update_fields=["name", "permissions"])
    audit.record("role.changed", now=now, target=role, actor=acting_user, details={"permissions": role.permissions})
    events.publish("role.changed", {"role_id": str(role.pk)}, now=now)
    return role


@transaction.atomic
def delete_role(role: Role, *, acting_user: User | None, now: datetime) -> None:
    role = _own_role(role)
    if role.grants.exists():
        raise RoleInUse(Sentence("The role {role} is still granted to somebody.", role=role.name))
    audit.record("role.deleted", now=now, target=role, actor=acting_user)
    events.publish("role.deleted", {"role_id": str(role.pk)}, now=now)
    role.delete()


def _own_role(role: Role) -> Role:
    role = locked(Role.objects.all(), role.pk)
    if role.is_system:
        raise SystemRole(Sentence("The role {role} is built in and cannot be changed.", role=role.name))
    return role
