from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from apps import audit
from apps.accounts import authz
from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.core import events
from apps.core.errors import Invalid, Problem, Refused
from apps.emergency.models import GOOD_FOR, EmergencyAccess
from apps.emergency.services.telling import ids_of, tell_administrators

#: What a reason, and a review, say at least and at most.
SHORTEST, LONGEST = 20, 2000
SAY_MORE = "Say in a sentence or two what for: at least 20 characters, at most 2,000."


#: Requests of one person within 24 hours that came to nothing: all administrators get a letter of each.
A_DAY: Final = 5


class AskedTooOften(Refused):
    code = "emergency_asked_too_often"
    status = 429
    title = "Too many requests of yours have come to nothing today"


class AlreadyAsked(Refused):
    code = "emergency_already_asked"
    title = "There is a request or an access of yours already"


@transaction.atomic
def ask_for_access(user: User, *, reason: str, now: datetime) -> EmergencyAccess:
    """Ask for access in an emergency; every administrator is told at once."""
    authz.require_everywhere(user, "emergency-access:create")
    reason = written(reason, "/reason")
    user = accounts.held(user)
    pending = EmergencyAccess.objects.filter(user=user, begun_at=None, ended_at=None, requested_at__gt=now - GOOD_FOR)
    if pending.exists() or EmergencyAccess.objects.running_at(now).filter(user=user).exists():
        raise AlreadyAsked("You have asked already. Wait for the two approvals, or end the access that you have.")
    _refuse_often(user, now)
    access = EmergencyAccess.objects.create(user=user, reason=reason, requested_at=now)
    audit.record("emergency.requested", now=now, target=access, actor=user)
    events.publish("emergency.requested", ids_of(access), now=now)
    tell_administrators(access, "requested", now)
    return access


def _refuse_often(user: User, now: datetime) -> None:
    """Letters without end would hide the one that matters."""
    in_vain = EmergencyAccess.objects.filter(user=user, begun_at=None, requested_at__gt=now - timedelta(days=1))
    if in_vain.count() >= A_DAY:
        raise AskedTooOften("Five requests of yours have come to nothing within a day. Speak with an administrator.")


def written(text: str, pointer: str) -> str:
    """What somebody has to put in words. Raises ``Invalid``."""
    text = text.strip()
    if not SHORTEST <= len(text) <= LONGEST:
        raise Invalid(SAY_MORE, errors=[Problem(pointer, SAY_MORE, "length")])
    return text
