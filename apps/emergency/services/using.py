from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps import audit
from apps.accounts import authz
from apps.accounts import services as accounts
from apps.accounts.models import Grant, Role, User
from apps.core import events
from apps.core.errors import Refused
from apps.core.locking import all_locked, locked
from apps.emergency.models import APPROVERS, LASTS, EmergencyAccess
from apps.emergency.permissions import EMERGENCY
from apps.emergency.services.deciding import approvals_of
from apps.emergency.services.reviewing import set_review_timer
from apps.emergency.services.telling import ids_of, tell_administrators


class NotUsable(Refused):
    code = "emergency_not_usable"
    status = 403
    title = "Access in an emergency is not approved, used up, or over"


@transaction.atomic
def begin_access(access: EmergencyAccess, *, acting_user: User, now: datetime) -> EmergencyAccess:
    """Give who asked the role for emergencies, for an hour and once; every administrator is told at once.

    Approvals count of those who may approve still. It counts for who signed in: no key reaches it.
    """
    authz.require_everywhere(acting_user, "emergency-access:create")
    access = locked(EmergencyAccess.objects.select_related("user"), access.pk)
    _refuse_unusable(access, acting_user, now)
    role, until = Role.objects.get(code=EMERGENCY.code), now + LASTS
    grant = accounts.grant_role(access.user, role, acting_user=None, now=now, valid_until=until, in_person=True)
    access.begun_at, access.ends_at, access.grant_id = now, until, grant.pk
    access.save(update_fields=["begun_at", "ends_at", "grant_id"])
    audit.record("emergency.begun", now=now, target=access, actor=acting_user)
    events.publish("emergency.begun", ids_of(access), now=now)
    tell_administrators(access, "begun", now)
    set_review_timer(access, until, now)
    return access


def _refuse_unusable(access: EmergencyAccess, acting_user: User, now: datetime) -> None:
    if acting_user.pk != access.user_id:
        raise NotUsable("Only who asked for it can begin it.")
    if access.begun_at is not None or access.ended_at is not None:
        raise NotUsable("It has been used or called off already. It takes a new request.")
    if not access.is_good_at(now):
        raise NotUsable("It was asked for more than four hours ago. It takes a new request.")
    if approvals_of(access) < APPROVERS:
        raise NotUsable("Two administrators have to approve it first.")


@transaction.atomic
def end_access(access: EmergencyAccess, *, acting_user: User, now: datetime) -> EmergencyAccess:
    """End it before its time, or call it off before it begins: who asked for it, or who may approve such access."""
    access = locked(EmergencyAccess.objects.select_related("user"), access.pk)
    if acting_user.pk != access.user_id:
        authz.require_everywhere(acting_user, "emergency-access:approve")
    if not (access.is_good_at(now) or access.is_running_at(now)):
        raise NotUsable("It is over already.")
    for one in Grant.objects.filter(pk__in=[access.grant_id] if access.grant_id else []):
        accounts.revoke_grant(one, acting_user=None, now=now)
    _end(access, acting_user, now)
    return access


@transaction.atomic
def note_revoked(grant_id: UUID | str, *, now: datetime) -> None:
    """Somebody has taken the role back where all roles are: then the access is over, too."""
    for access in all_locked(EmergencyAccess.objects.running_at(now).filter(grant_id=grant_id)):
        _end(access, None, now)


def _end(access: EmergencyAccess, acting_user: User | None, now: datetime) -> None:
    access.ended_at = now
    access.save(update_fields=["ended_at"])
    audit.record("emergency.ended", now=now, target=access, actor=acting_user)
    events.publish("emergency.ended", ids_of(access), now=now)


def running_access(user: User, *, now: datetime) -> EmergencyAccess | None:
    """The access with which somebody is inside at this moment."""
    return EmergencyAccess.objects.running_at(now).filter(user=user).first()
