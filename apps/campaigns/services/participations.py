"""One stakeholder's part: showing and renewing the personal link."""

from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Participation
from apps.core.errors import Refused
from apps.core.locking import locked
from apps.outreach import services as outreach


class LinkInUse(Refused):
    code = "link_not_renewable"
    title = "The link cannot be renewed"


class LinkHidden(Refused):
    code = "link_hidden"
    title = "The link can no longer be shown"


@transaction.atomic
def show_link(participation: Participation, *, acting_user: User, now: datetime) -> str:
    """The address of the link, for another channel; who looked is on record. Once it would open answers, it is not."""
    rows = Participation.objects.select_related("response", "campaign", "stakeholder__key")
    participation = locked(rows, participation.pk)
    if participation.has_begun:
        raise LinkHidden(
            "This person has started answering, and the link would show the answers. Send a new one instead."
        )
    if participation.revoked_at is not None:
        raise LinkHidden("The link has been withdrawn. Renew it first.")
    participation.seen_version = participation.link_version
    participation.save(update_fields=["seen_version"])
    return outreach.show_link(participation, acting_user=acting_user, now=now)


@transaction.atomic
def renew_link(participation: Participation, *, acting_user: User | None, now: datetime) -> Participation:
    """Replace the personal link by a new one, and send it; the old one opens nothing any more."""
    participation = outreach.locked_holder(participation)
    if participation.campaign.status == Campaign.Status.CLOSED:
        raise LinkInUse("The campaign is closed, so no new link can be sent.")
    if participation.is_sealed:
        raise LinkInUse("The address was changed after this person started answering, so no link is sent to it.")
    is_open = participation.campaign.accepts_answers_at(now)
    if is_open:
        participation.invited_at = participation.invited_at or now
    outreach.replace_link(participation, acting_user=acting_user, now=now)
    if is_open:
        outreach.send_links(participation.campaign, [participation], now=now)
    return participation
