"""One stakeholder's part: a new personal link."""

from datetime import datetime

from django.db import transaction

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.services.invitations import send_link
from apps.core.errors import Refused
from apps.core.locking import lock, locked


class LinkInUse(Refused):
    code = "link_not_renewable"
    title = "The link cannot be renewed"


@transaction.atomic
def renew_link(participation: Participation, *, acting_user: User | None, now: datetime) -> Participation:
    """Replace the personal link by a new one, and send it; the old one opens nothing any more."""
    lock(Campaign.objects.filter(pk=participation.campaign_id))  # the order of whoever writes to people
    rows = Participation.objects.select_related("campaign__version", "campaign__subject", "stakeholder")
    participation = locked(rows, participation.pk)
    if participation.campaign.status == Campaign.Status.CLOSED:
        raise LinkInUse("The campaign is closed: there is nothing to answer with a new link.")
    is_open = participation.campaign.accepts_answers_at(now)
    if is_open:
        participation.invited_at = participation.invited_at or now
    accounts.replace_link(participation, acting_user=acting_user, now=now)
    if is_open:
        send_link(participation, now=now)
    return participation
