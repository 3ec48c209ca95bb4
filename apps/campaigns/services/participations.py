"""One stakeholder's part: the personal link, and that it was opened."""

from datetime import datetime

from django.db import transaction

from apps import audit
from apps.accounts.models import User
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.services.invitations import message_prefix, send_link
from apps.core.errors import Refused
from apps.notifications import services as notifications


class LinkInUse(Refused):
    code = "link_not_renewable"
    title = "The link cannot be renewed"


@transaction.atomic
def revoke_link(participation: Participation, *, acting_user: User | None, now: datetime) -> Participation:
    """Withdraw the personal link; what was answered through it stays."""
    participation = _locked(participation)
    if participation.revoked_at is None:
        participation.revoked_at = now
        participation.save(update_fields=["revoked_at"])
        notifications.cancel(message_prefix(participation), now=now)
        audit.record("participation.revoked", now=now, target=participation, actor=acting_user)
    return participation


@transaction.atomic
def renew_link(participation: Participation, *, acting_user: User | None, now: datetime) -> Participation:
    """Replace the personal link by a new one, and send it; the old one opens nothing any more."""
    participation = _locked(participation)
    if participation.campaign.status == Campaign.Status.CLOSED:
        raise LinkInUse("The campaign is closed: there is nothing to answer with a new link.")
    participation.link_version += 1
    participation.revoked_at = None
    notifications.cancel(message_prefix(participation), now=now)
    if participation.campaign.accepts_answers_at(now):
        participation.invited_at = participation.invited_at or now
        send_link(participation, now=now)
    participation.save(update_fields=["link_version", "revoked_at", "invited_at"])
    audit.record("participation.renewed", now=now, target=participation, actor=acting_user)
    return participation


def note_opened(participation: Participation, *, now: datetime) -> None:
    """Remember when the stakeholder first followed the link."""
    if participation.opened_at is None:
        Participation.objects.filter(pk=participation.pk, opened_at=None).update(opened_at=now)
        participation.opened_at = now


def _locked(participation: Participation) -> Participation:
    rows = Participation.objects.select_for_update(of=("self",)).select_related(
        "campaign__version", "campaign__subject", "stakeholder", "response"
    )
    return rows.get(pk=participation.pk)
