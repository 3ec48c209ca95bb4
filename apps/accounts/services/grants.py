"""Who has which role, or is denied it. Nobody gives away more than they have, and somebody always administers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from apps import audit
from apps.accounts import authz, lineage
from apps.accounts.lines import Permission
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


@transaction.atomic
def grant_role(
    user: User,
    role: Role,
    *,
    acting_user: User | None,
    now: datetime,
    object_id: UUID | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    denies: bool = False,
    in_person: bool = False,
) -> Grant:
    """Give a role, for good or for a time, for everything or one object. Without an acting user: the operator.

    One that ``denies`` takes away what the role says; who denies could do all that the account may. One ``in_person``
    counts for who signed in alone.
    """
    user = held(user)
    role, says = what_is_given(role, object_id)
    if not (denies or in_person):
        refuse_in_person(role)
    refuse_unheld(acting_user, says)
    refuse_times(valid_from, valid_until, now)
    if denies:
        _refuse_denial(user, acting_user, now)
    else:
        refuse_nothing(role, says)
        refuse_password_seen(user, says)
    grant = Grant(
        user=user,
        role=role,
        object_id=object_id,
        granted_at=now,
        granted_by=acting_user,
        valid_from=valid_from,
        valid_until=valid_until,
        denies=denies,
        in_person=in_person,
    )
    return begin(grant, acting_user=acting_user, now=now)


def what_is_given(role: Role, object_id: UUID | None) -> tuple[Role, list[Permission]]:
    """The role, locked, and all that it says."""
    role = locked(Role.objects.all(), role.pk)
    says = [Permission.parse(text, object_id) for text in lineage.permissions_of(role)]
    _refuse_wider_than_object(role, says)
    return role, says


def refuse_in_person(role: Role) -> None:
    """What an app gives by verbs of its own, under conditions that it knows, nobody gives by hand."""
    if is_in_person(role):
        raise NotYoursToGive(Sentence("The role {role} is given by the product alone.", role=role.name))


def is_in_person(role: Role) -> bool:
    return role.is_system and role.code in rights.ROLES and rights.ROLES[role.code].in_person


def begin(grant: Grant, *, acting_user: User | None, now: datetime) -> Grant:
    """Store a grant that may be given, and tell of it. Raises ``AlreadyGranted``."""
    _clear_the_way(grant, acting_user, now)
    try:
        with transaction.atomic():
            grant.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyGranted(Sentence("The user already has the role {role}.", role=grant.role.name)) from error
    _tell_begin(grant, acting_user, now)
    return grant


def _refuse_wider_than_object(role: Role, says: Sequence[Permission]) -> None:
    """A grant for one object takes a role that speaks of objects; any other would mean more than it seems."""
    if any(one.object_id and not rights.SCOPES[one.scope].of_one_object for one in says):
        reason = Sentence("The role {role} cannot be limited to single objects.", role=role.name)
        raise Invalid(reason, errors=[Problem("/object_id", reason, "scope")])


def refuse_nothing(role: Role, says: Sequence[Permission]) -> None:
    """A role that speaks of single objects alone gives nothing until it is said of which."""
    if says and all(rights.SCOPES[one.scope].of_one_object and one.object_id is None for one in says):
        reason = Sentence("The role {role} is about single objects. Say for which one.", role=role.name)
        raise Invalid(reason, errors=[Problem("/object_id", reason, "required")])


def refuse_times(valid_from: datetime | None, valid_until: datetime | None, now: datetime) -> None:
    problems = [moments.problem_beyond(valid_from, now, "/valid_from")]
    problems.append(moments.problem_beyond(valid_until, now, "/valid_until"))
    if valid_until and valid_until < now:
        problems.append(Problem("/valid_until", Sentence("Choose a time in the future."), "order"))
    elif valid_from and valid_until and valid_until <= valid_from:
        problems.append(Problem("/valid_until", Sentence("It ends before it begins."), "order"))
    if found := [one for one in problems if one]:
        raise Invalid(found[0].detail, errors=found)


def refuse_password_seen(user: User, says: Sequence[Permission]) -> None:
    """What administrators may not have, they shall not get by an account whose first password they were told."""
    if user.password_is_first and any(rights.is_apart(one.resource) for one in says):
        raise PasswordSeen("An administrator was told the first password of this account. Its owner replaces it first.")


def _refuse_denial(user: User, acting_user: User | None, now: datetime) -> None:
    """Nobody denies something to a mightier account, or to the last administrator."""
    refuse_unheld(acting_user, authz.permissions_of(user))
    refuse_without_administrator(now, without_user=user)


def _clear_the_way(grant: Grant, acting_user: User | None, now: datetime) -> None:
    """The same one of before whose time is over gives and denies nothing any more: a new one takes its place."""
    same = Grant.objects.filter(user=grant.user, role=grant.role, object_id=grant.object_id, denies=grant.denies)
    over = same.filter(delegator=grant.delegator, valid_until__lte=now)
    end_grants(over, acting_user=acting_user, now=now)


@transaction.atomic
def revoke_grant(grant: Grant, *, acting_user: User | None, now: datetime) -> None:
    """Take a role away again, or lift a denial, which gives back what it denied: nobody lifts their own.

    What was handed on its delegator takes back, and its delegate gives back, whatever they have by now.
    """
    grant = locked(Grant.objects.select_related("role"), grant.pk)
    if acting_user is None or not grant.is_handed_on or acting_user.pk not in (grant.user_id, grant.delegator_id):
        says = lineage.permissions_of(grant.role)
        refuse_unheld(acting_user, [Permission.stored(text, grant.object_id) for text in says])
    if grant.denies and acting_user is not None and acting_user.pk == grant.user_id:
        raise NotYoursToGive("You cannot lift what is denied to yourself.")
    if grant.role.code in ADMINISTRATORS and not grant.denies:
        refuse_without_administrator(now, without_grant=grant)
    _end(grant, acting_user, now)


def grants_of(user: User) -> Sequence[Grant]:
    """The grants that an account has or handed on, locked: before the roles of administrators, as who revokes one."""
    theirs = Q(user=user.pk) | Q(delegator=user.pk)
    return all_locked(Grant.objects.filter(theirs).select_related("role"))


def end_grants(grants: Iterable[Grant], *, acting_user: User | None, now: datetime) -> None:
    """Take away grants that the caller holds, and may take away."""
    for grant in grants:
        _end(grant, acting_user, now)


def _tell_begin(grant: Grant, acting_user: User | None, now: datetime) -> None:
    if grant.denies:
        audit.record("denial.created", now=now, target=grant, actor=acting_user, details=_about(grant))
        events.publish("denial.created", _ids(grant), now=now)
    elif grant.is_handed_on:
        audit.record("delegation.created", now=now, target=grant, actor=acting_user, details=_about(grant))
        events.publish("delegation.created", _ids(grant), now=now)
    else:
        audit.record("grant.created", now=now, target=grant, actor=acting_user, details=_about(grant))
        events.publish("grant.created", _ids(grant), now=now)


def _end(grant: Grant, acting_user: User | None, now: datetime) -> None:
    if grant.denies:
        audit.record("denial.lifted", now=now, target=grant, actor=acting_user, details=_about(grant))
        events.publish("denial.lifted", _ids(grant), now=now)
    elif grant.is_handed_on:
        audit.record("delegation.ended", now=now, target=grant, actor=acting_user, details=_about(grant))
        events.publish("delegation.ended", _ids(grant), now=now)
    else:
        audit.record("grant.revoked", now=now, target=grant, actor=acting_user, details=_about(grant))
        events.publish("grant.revoked", _ids(grant), now=now)
    grant.delete()


def _about(grant: Grant) -> dict[str, str]:
    about = {"user": str(grant.user_id), "role": grant.role.code, "object": str(grant.object_id or "")}
    return about | ({"delegator": str(grant.delegator_id)} if grant.is_handed_on else {})


def _ids(grant: Grant) -> dict[str, str]:
    return {"grant_id": str(grant.pk), "user_id": str(grant.user_id)}


def refuse_more_than_own(acting_user: User | None, permissions: Sequence[str], object_id: UUID | None = None) -> None:
    """What is given must be part of what the giver has; the operator's own commands give anything."""
    refuse_unheld(acting_user, [Permission.parse(text, object_id) for text in permissions])


def refuse_unheld(acting_user: User | None, wanted: Sequence[Permission]) -> None:
    refuse_missing([one for one in wanted if acting_user is not None and not authz.holds(acting_user, one)])


def refuse_missing(missing: Sequence[Permission]) -> None:
    if missing:
        listed = ", ".join(map(str, missing))
        raise NotYoursToGive(Sentence("You do not have these permissions yourself: {permissions}.", permissions=listed))


def refuse_without_administrator(
    now: datetime, *, without_grant: Grant | None = None, without_user: User | None = None
) -> None:
    """Refuse what would leave nobody to administer. The lock on the roles puts two such removals in order.

    Who administers only until a day, or is denied anything, may not do it tomorrow: they do not count as the last.
    Nor do programs.
    """
    lock(Role.objects.filter(code__in=ADMINISTRATORS))
    administrators = Grant.objects.filter(
        role__code__in=ADMINISTRATORS,
        object_id=None,
        denies=False,
        delegator=None,
        user__is_active=True,
        user__owner=None,
    ).valid_at(now)
    if without_user is not None and not administrators.filter(user=without_user).exists():
        return
    denials = Grant.objects.filter(denies=True).exclude(valid_until__lte=now)
    remaining = administrators.filter(valid_until=None).exclude(user__in=denials.values("user"))
    if without_grant is not None:
        remaining = remaining.exclude(pk=without_grant.pk)
    if without_user is not None:
        remaining = remaining.exclude(user=without_user)
    if not remaining.exists():
        raise LastAdministrator("This is the last administrator. Make somebody else an administrator first.")
