from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from apps import audit
from apps.accounts import authz
from apps.accounts.lines import Permission
from apps.accounts.models import User
from apps.core import events
from apps.core.errors import Refused
from apps.core.locking import locked
from apps.emergency.models import APPROVERS, Approval, EmergencyAccess
from apps.emergency.services.telling import ids_of


class NotYoursToApprove(Refused):
    code = "emergency_not_yours_to_approve"
    status = 403
    title = "Two others approve it, once each"


class NotApprovable(Refused):
    code = "emergency_not_approvable"
    title = "The request has been used, called off, or has lapsed"


LENT = "This was handed on to you. It takes somebody who may do it by roles of their own."


def is_own_right(user: User, action: str) -> bool:
    """Whether somebody may do it, and not for who handed it on: that would be one person, twice."""
    wanted = Permission("emergency-access", "tenant", action)
    return authz.everywhere(user, f"emergency-access:{action}") and authz.owns(user, wanted)


def approvals_of(access: EmergencyAccess) -> int:
    """How many approvals count: those of who may approve still."""
    return sum(is_own_right(one.approver, "approve") for one in access.approvals.all())


def read_approvers(accesses: Iterable[EmergencyAccess]) -> None:
    """Read in one query what ``approvals_of`` asks of each."""
    authz.read_together({one.approver for access in accesses for one in access.approvals.all()})


@transaction.atomic
def approve_access(access: EmergencyAccess, *, acting_user: User, now: datetime) -> EmergencyAccess:
    """Approve it as one of the two. Nobody approves their own, nor twice; a third person shall be left to review it."""
    authz.require_everywhere(acting_user, "emergency-access:approve")
    if not is_own_right(acting_user, "approve"):
        raise NotYoursToApprove(LENT)
    access = locked(EmergencyAccess.objects.all(), access.pk)
    if not access.is_good_at(now):
        raise NotApprovable(
            "This request has been used or called off, or is older than four hours. It takes a new one."
        )
    if acting_user.pk == access.user_id:
        raise NotYoursToApprove("You asked for it yourself. Two others have to approve it.")
    if approvals_of(access) >= APPROVERS:
        raise NotApprovable("Two others have approved it already, and somebody has to be left to review it.")
    _approval, is_new = Approval.objects.get_or_create(
        access=access, approver=acting_user, defaults={"approved_at": now}
    )
    if not is_new:
        raise NotYoursToApprove("You have approved it already. The second approval is somebody else's.")
    audit.record("emergency.approved", now=now, target=access, actor=acting_user)
    events.publish("emergency.approved", ids_of(access), now=now)
    return access
