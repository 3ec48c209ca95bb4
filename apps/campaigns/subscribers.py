from uuid import UUID

from django.utils import timezone
from django_tenants.utils import get_public_schema_name

from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.core import events, roles
from apps.core.models import Event
from apps.core.tenancy import current_schema
from apps.models.services import score_assessments


@events.subscribe("campaign.opened")
def invite_stakeholders(event: Event) -> None:
    services.invite_next_batch(event.payload["campaign_id"], now=timezone.now())


@events.subscribe("campaign.stakeholders_added")
def invite_newcomers(event: Event) -> None:
    services.invite_next_batch(event.payload["campaign_id"], now=timezone.now())


@events.subscribe("campaign.invitations_due")
def invite_the_rest(event: Event) -> None:
    services.invite_next_batch(event.payload["campaign_id"], now=timezone.now())


@events.subscribe("campaign.reminders_due")
def remind_stakeholders(event: Event) -> None:
    asked = event.payload
    services.remind_next_batch(asked["campaign_id"], day=asked["day"], after=asked["after"], now=timezone.now())


@events.subscribe("participation.answers_sent")
def withdraw_reminders(event: Event) -> None:
    services.withdraw_reminders(UUID(event.payload["participation_id"]), now=timezone.now())


@events.subscribe("campaign.closing_due")
def close_campaign(event: Event) -> None:
    services.close_when_due(event.payload["campaign_id"], now=timezone.now())


@events.subscribe("campaign.closed", queue=roles.CALCULATION)
def score_for_good(event: Event) -> None:
    """The final score: of every answer that was handed in, as it stands at the end."""
    campaign = Campaign.objects.select_related("assessment").get(pk=event.payload["campaign_id"])
    if campaign.assessment is not None:
        score_assessments([campaign.assessment], now=timezone.now())  # none, where fewer than five have answered


@events.subscribe("user.created")
def link_user(event: Event) -> None:
    if current_schema() != get_public_schema_name():  # the platform's own people take part in nothing
        services.link_user(event.payload["user_id"])


@events.subscribe("user.erased")
def unlink_user(event: Event) -> None:
    if current_schema() != get_public_schema_name():
        services.unlink_user(UUID(event.payload["user_id"]))
