from datetime import datetime

from django.db import transaction

from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.core import events
from apps.core.errors import Refused
from apps.core.locking import locked
from apps.emergency.models import EmergencyAccess
from apps.emergency.services.asking import written
from apps.emergency.services.telling import ids_of


class NotYoursToReview(Refused):
    code = "emergency_not_yours_to_review"
    status = 403
    title = "A third person reviews it"


class NotReviewable(Refused):
    code = "emergency_not_reviewable"
    title = "There is nothing to review"


@transaction.atomic
def review_access(access: EmergencyAccess, *, acting_user: User, review: str, now: datetime) -> EmergencyAccess:
    """Close it with a text, as somebody who neither had it nor approved it."""
    authz.require_everywhere(acting_user, "emergency-access:review")
    review = written(review, "/review")
    access = locked(EmergencyAccess.objects.all(), access.pk)
    if access.begun_at is None or access.is_running_at(now) or access.reviewed_at is not None:
        raise NotReviewable("It is not over yet, or has been reviewed already.")
    if acting_user.pk in {access.user_id, *access.approvals.values_list("approver", flat=True)}:
        raise NotYoursToReview("You had it or approved it. Somebody else has to review it.")
    access.review, access.reviewed_by, access.reviewed_at = review, acting_user, now
    access.save(update_fields=["review", "reviewed_by", "reviewed_at"])
    audit.record("emergency.reviewed", now=now, target=access, actor=acting_user)
    events.publish("emergency.reviewed", ids_of(access), now=now)
    return access
