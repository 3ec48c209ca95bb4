from datetime import datetime

from django.db import transaction

from apps import audit
from apps.accounts import authz
from apps.accounts import services as accounts
from apps.accounts.models import Grant, Role, User
from apps.core import events
from apps.core.errors import Refused
from apps.core.locking import locked
from apps.emergency.models import APPROVERS, GOOD_FOR, LASTS, EmergencyAccess
from apps.emergency.permissions import EMERGENCY
from apps.emergency.services.telling import ids_of, tell_administrators


class NotUsable(Refused):
    code = "emergency_not_usable"
    status = 403
    title = "Access in an emergency is not approved, used up, or over"


@transaction.atomic
def begin_access(access: EmergencyAccess, *, acting_user: User, now: datetime) -> EmergencyAccess:
    """Give who asked the role for emergencies, for an hour and once; every administrator is told at once.

    Approvals count of those who may approve still.
    """
    access = locked(EmergencyAccess.objects.select_related("user"), access.pk)
    _refuse_unusable(access, acting_user, now)
    role = Role.objects.get(code=EMERGENCY.code)
    for one in Grant.objects.filter(user=access.user, role=role, denies=False):  # of an hour that is over
        accounts.revoke_grant(one, acting_user=None, now=now)
    access.begun_at, access.ends_at = now, now + LASTS
    access.save(update_fields=["begun_at", "ends_at"])
    accounts.grant_role(access.user, role, acting_user=None, now=now, valid_until=access.ends_at)
    audit.record("emergency.begun", now=now, target=access, actor=acting_user)
    events.publish("emergency.begun", ids_of(access), now=now)
    tell_administrators(access, "begun", now)
    return access


def _refuse_unusable(access: EmergencyAccess, acting_user: User, now: datetime) -> None:
    if acting_user.pk != access.user_id:
        raise NotUsable("Only who asked for it can begin it.")
    if access.begun_at is not None:
        raise NotUsable("It has been used already. It takes a new request.")
    if now >= access.requested_at + GOOD_FOR:
        raise NotUsable("It was asked for more than four hours ago. It takes a new request.")
    approvers = [one.approver for one in access.approvals.select_related("approver")]
    if sum(authz.everywhere(one, "emergency-access:approve") for one in approvers) < APPROVERS:
        raise NotUsable("Two administrators have to approve it first.")


@transaction.atomic
def end_access(access: EmergencyAccess, *, acting_user: User, now: datetime) -> EmergencyAccess:
    """End it before its time: who has it, or who may approve such access."""
    access = locked(EmergencyAccess.objects.select_related("user"), access.pk)
    if acting_user.pk != access.user_id:
        authz.require_everywhere(acting_user, "emergency-access:approve")
    if not access.is_running_at(now):
        raise NotUsable("It is not running.")
    access.ended_at = now
    access.save(update_fields=["ended_at"])
    for one in Grant.objects.filter(user=access.user, role__code=EMERGENCY.code, denies=False):
        accounts.revoke_grant(one, acting_user=None, now=now)
    audit.record("emergency.ended", now=now, target=access, actor=acting_user)
    events.publish("emergency.ended", ids_of(access), now=now)
    return access
