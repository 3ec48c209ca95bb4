from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.db.models.fields.json import KT

from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core import events
from apps.core.errors import Refused
from apps.core.locking import locked
from apps.core.tenancy import current_schema
from apps.emergency.models import EmergencyAccess
from apps.emergency.services.asking import written
from apps.emergency.services.deciding import LENT, is_own_right
from apps.emergency.services.telling import ids_of, tell_administrators

#: Until it is reviewed, administrators are told again each day.
AGAIN: Final = timedelta(days=1)


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
    if not is_own_right(acting_user, "review"):
        raise NotYoursToReview(LENT)
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


def set_review_timer(access: EmergencyAccess, due_at: datetime, now: datetime) -> None:
    events.publish("emergency.review_due", ids_of(access), now=now, due_at=due_at)


@transaction.atomic
def ask_for_review(access_id: UUID | str, *, now: datetime) -> None:
    """Tell administrators that a review is due: each day until somebody has done it."""
    access = EmergencyAccess.objects.unreviewed(now).filter(pk=access_id).select_related("user__key").first()
    if access is not None:
        tell_administrators(access, "review", now, occasion=f"{now:%Y-%m-%d}")
        set_review_timer(access, now + AGAIN, now)


def done_in(accesses: Collection[EmergencyAccess]) -> Mapping[str, Sequence[tuple[str, str, int]]]:
    """What the trail says was done in each that has begun, by its id: an action, on which page, and how often."""
    begun = {str(one.pk): one.begun_at for one in accesses if one.begun_at is not None}
    entries = AuditEntry.objects.filter(tenant=current_schema(), details__emergency__in=[*begun])
    found = entries.filter(recorded_at__gte=min(begun.values())) if begun else entries.none()
    counted = found.values_list(KT("details__emergency"), "action", KT("details__page")).annotate(Count("pk"))
    done: defaultdict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for pk, action, page, times in counted.order_by("action", KT("details__page")):
        done[pk].append((action, page or "", times))
    return done
