"""Invitations and reminders: in batches, each person once, however often an event comes or a worker dies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps import audit
from apps.accounts.models import User
from apps.campaigns import links, questionnaire
from apps.campaigns.messages import INVITATION, REMINDER
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.services.lifecycle import CampaignNotReady
from apps.core import events
from apps.core.errors import Refused
from apps.core.locking import all_locked, locked
from apps.core.models import EventDelivery
from apps.notifications import services as notifications
from apps.notifications.about import About
from apps.notifications.kinds import Kind
from apps.notifications.models import Message
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
    batch = all_locked(campaign.participations.uninvited().select_related("stakeholder"), most=BATCH)
    _enqueue(campaign, batch, INVITATION, lambda one: str(one.link_version), now)
    Participation.objects.filter(pk__in=[one.pk for one in batch]).update(invited_at=now)
    if len(batch) == BATCH:
        events.publish("campaign.invitations_due", {"campaign_id": str(campaign.pk)}, now=now)
    return len(batch)


def send_link(participation: Participation, *, now: datetime) -> None:
    """Write to one person who got a new link."""
    campaign = participation.campaign
    _enqueue(campaign, [participation], INVITATION, lambda one: str(one.link_version), now)


def send_reminder(participation: Participation, *, now: datetime) -> None:
    """Remind one person, who is asked in an open campaign: at most once a day."""
    day = f"{now:%Y-%m-%d}"
    if participation.pk in notifications.have_got(participation.about, REMINDER.purpose, day):
        raise NothingToRemind("They have already been reminded today.")
    _enqueue(participation.campaign, [participation], REMINDER, lambda _: day, now)


@transaction.atomic
def remind(campaign: Campaign, *, acting_user: User | None, now: datetime) -> int:
    """Remind those who have not sent their answers: each at most once a day. Returns how many."""
    campaign = locked(Campaign.objects.all(), campaign.pk)
    if not campaign.accepts_answers_at(now):
        raise CampaignNotReady("You can send reminders only while the campaign is open.")
    day = f"{now:%Y-%m-%d}"
    if _are_on_their_way(campaign, day):
        raise NothingToRemind("Today's reminders are on their way.")
    silent = set(campaign.participations.unsubmitted().values_list("pk", flat=True))
    silent -= notifications.have_got(About.of(campaign), REMINDER.purpose, day)
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
    waiting = campaign.participations.unsubmitted().select_related("stakeholder").order_by("pk")
    batch = list((waiting.filter(pk__gt=after) if after else waiting)[:BATCH])
    _enqueue(campaign, batch, REMINDER, lambda _: day, now)
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


def _enqueue(campaign: Campaign, batch: Sequence[Participation], kind: Kind, occasion: Any, now: datetime) -> None:
    outreach.write_to(batch, links.LINKS, kind, occasion, _facts(campaign), now=now)


def _facts(campaign: Campaign) -> dict[str, Any]:
    form = questionnaire.of(campaign.version)
    return {
        "campaign": campaign.name,
        "subject": campaign.subject.name,
        "introduction": campaign.introduction,
        "closes_at": campaign.closes_at,
        "questions": form.count,
        "minutes": form.minutes,
    }


@notifications.renewed(INVITATION, REMINDER)
def renew(messages: Sequence[Message], now: datetime) -> dict[UUID, notifications.Draft]:
    """What these messages say now, to those who still need them: by the present name, address and closing date."""
    rows = Participation.objects.select_related("campaign__version", "campaign__subject", "stakeholder", "response")
    people = rows.defer("campaign__version__document").in_bulk({one.recipient_id for one in messages})
    pairs = [(one, people[one.recipient_id]) for one in messages if one.recipient_id in people]
    wanted = [(one, person) for one, person in pairs if _is_wanted(one, person, now)]
    return outreach.rewrite(wanted, links.LINKS, lambda person: _facts(person.campaign))


def _is_wanted(message: Message, person: Participation, now: datetime) -> bool:
    """Whether the campaign still asks this person, through the link that the message carries."""
    if person.revoked_at is not None or person.is_sealed or not person.campaign.accepts_answers_at(now):
        return False
    if message.kind == INVITATION.name:
        return message.occasion == str(person.link_version)
    return person.response is not None and person.response.submitted_at is None


@transaction.atomic
def withdraw_reminders(participation_id: UUID, *, now: datetime) -> None:
    """Whoever has sent their answers is not reminded. The trail does not say who that was at this moment."""
    person = Participation.objects.filter(pk=participation_id).only("campaign_id").first()
    if person is not None:
        notifications.cancel(person.about, person.pk, purpose=REMINDER.purpose, now=now, is_named=False)
