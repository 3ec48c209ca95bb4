"""Setting right who takes part: a wrong address, somebody who does not belong, a reminder for one person."""

from datetime import datetime

from django.db import transaction

from apps import audit
from apps.accounts.models import User
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.services.invitations import NothingToRemind, send_reminder
from apps.campaigns.services.lifecycle import CampaignNotReady
from apps.core.errors import Refused
from apps.core.locking import lock, locked
from apps.notifications import services as notifications


class PersonHasAnswered(Refused):
    code = "person_has_answered"
    title = "The person has started answering"


@transaction.atomic
def remove_person(participation: Participation, *, acting_user: User, now: datetime) -> None:
    """Take somebody out who has not begun to answer; what waits to be sent to them is not sent."""
    participation = _locked(participation)
    if participation.campaign.status == Campaign.Status.CLOSED:
        raise CampaignNotReady("The campaign is closed, so people cannot be removed from it.")
    response = participation.response
    if participation.has_begun:
        raise PersonHasAnswered(
            "Answers that were given cannot be removed. Withdraw the link instead to stop further ones."
        )
    notifications.cancel(participation.about, participation.pk, now=now)
    audit.record("participation.removed", now=now, target=participation, actor=acting_user)
    participation.delete()
    if response is not None:
        response.delete()


@transaction.atomic
def remind_person(participation: Participation, *, acting_user: User, now: datetime) -> None:
    """Remind one person who was invited and has not sent their answers; at most once a day."""
    participation = _locked(participation)
    if not participation.campaign.accepts_answers_at(now):
        raise CampaignNotReady("You can send reminders only while the campaign is open.")
    if not participation.campaign.participations.unsubmitted().filter(pk=participation.pk).exists():
        raise NothingToRemind(
            "No reminder was sent: they have answered, have not been invited yet, or their link has been withdrawn."
        )
    send_reminder(participation, now=now)
    audit.record("participation.reminded", now=now, target=participation, actor=acting_user)


def _locked(participation: Participation) -> Participation:
    """Lock the campaign, then the person's part: the order of whoever writes to people."""
    lock(Campaign.objects.filter(pk=participation.campaign_id))
    rows = Participation.objects.select_related("campaign__version", "campaign__subject", "stakeholder", "response")
    return locked(rows, participation.pk)
