"""Invitations and reminders: in batches, each person once, however often an event comes or a worker dies."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps import audit
from apps.accounts.models import User
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.services.lifecycle import CampaignNotReady
from apps.core import events
from apps.core.errors import Refused
from apps.core.locking import all_locked, locked
from apps.core.models import EventDelivery
from apps.outreach import services as outreach

BATCH = 100


class NothingToRemind(Refused):
    code = "nothing_to_remind"
    title = "There is nobody to remind"


@transaction.atomic
def invite_next_batch(campaign_id: UUID | str, *, now: datetime) -> int:
    """Invite some of those who were not invited yet; when more may wait, an event asks for the next batch."""
    campaign = _campaign(campaign_id)
    if campaign is None or not campaign.accepts_answers_at(now):
        return 0
    batch = all_locked(campaign.participations.uninvited().select_related("stakeholder__key"), most=BATCH)
    outreach.invite(campaign, batch, now=now)
    if len(batch) == BATCH:
        events.publish("campaign.invitations_due", {"campaign_id": str(campaign.pk)}, now=now)
    return len(batch)


@transaction.atomic
def remind(campaign: Campaign, *, acting_user: User | None, now: datetime) -> int:
    """Remind those who have not sent their answers: each at most once a day. Returns how many."""
    campaign = locked(Campaign.objects.all(), campaign.pk)
    if not campaign.accepts_answers_at(now):
        raise CampaignNotReady("You can send reminders only while the campaign is open.")
    day = outreach.day_of(now)
    if _are_on_their_way(campaign, day):
        raise NothingToRemind("Today's reminders are on their way.")
    silent = outreach.unreminded(campaign, campaign.participations.unsubmitted(), day=day)
    if not silent:
        raise NothingToRemind("Everybody has answered or has already been reminded today.")
    audit.record("campaign.reminded", now=now, target=campaign, actor=acting_user, details={"count": len(silent)})
    _publish_reminders(campaign, day, "", now)
    return len(silent)


@transaction.atomic
def remind_next_batch(campaign_id: UUID | str, *, day: str, after: str, now: datetime) -> int:
    campaign = _campaign(campaign_id)
    if campaign is None or not campaign.accepts_answers_at(now):
        return 0
    waiting = campaign.participations.unsubmitted().select_related("stakeholder__key").order_by("pk")
    batch = list((waiting.filter(pk__gt=after) if after else waiting)[:BATCH])
    outreach.remind(campaign, batch, day=day, now=now)
    if len(batch) == BATCH:
        _publish_reminders(campaign, day, str(batch[-1].pk), now)
    return len(batch)


def _are_on_their_way(campaign: Campaign, day: str) -> bool:
    waiting = EventDelivery.objects.filter(event__name="campaign.reminders_due", state=EventDelivery.State.PENDING)
    return waiting.filter(event__payload__campaign_id=str(campaign.pk), event__payload__day=day).exists()


def _publish_reminders(campaign: Campaign, day: str, after: str, now: datetime) -> None:
    payload = {"campaign_id": str(campaign.pk), "day": day, "after": after}
    events.publish("campaign.reminders_due", payload, now=now)


def _campaign(campaign_id: UUID | str) -> Campaign | None:
    """The campaign, locked: it is not closed between the question whether it is open and the messages' commit."""
    return next(iter(all_locked(Campaign.objects.select_related("version", "subject").filter(pk=campaign_id))), None)


@transaction.atomic
def withdraw_reminders(participation_id: UUID, *, now: datetime) -> None:
    """Whoever has sent their answers is not reminded."""
    person = Participation.objects.filter(pk=participation_id).only("campaign_id").first()
    if person is not None:
        outreach.withdraw_reminders(person, now=now)
