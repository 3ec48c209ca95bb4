"""Setting right who takes part: a wrong address, somebody who does not belong, a reminder for one person."""

from datetime import datetime

from django.db import transaction

from apps import audit
from apps.accounts.models import User
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.services.invitations import NothingToRemind
from apps.campaigns.services.lifecycle import CampaignNotReady
from apps.core.errors import Refused
from apps.notifications import services as notifications
from apps.outreach import services as outreach


class PersonHasAnswered(Refused):
    code = "person_has_answered"
    title = "The person has started answering"


@transaction.atomic
def remove_person(participation: Participation, *, acting_user: User, now: datetime) -> None:
    """Take somebody out who has not begun to answer; what waits to be sent to them is not sent."""
    participation = outreach.locked_holder(participation)
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
    participation = outreach.locked_holder(participation)
    if not participation.campaign.accepts_answers_at(now):
        raise CampaignNotReady("You can send reminders only while the campaign is open.")
    myself = participation.campaign.participations.filter(pk=participation.pk)
    if not myself.unsubmitted().exists():
        raise NothingToRemind(
            "No reminder was sent: they have answered, have not been invited yet, or their link has been withdrawn."
        )
    day = outreach.day_of(now)
    if not outreach.unreminded(participation.campaign, myself, day=day):
        raise NothingToRemind("They have already been reminded today.")
    outreach.remind(participation.campaign, [participation], day=day, now=now)
    audit.record("participation.reminded", now=now, target=participation, actor=acting_user)
