"""A campaign's life: draft, open, closed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify

from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.campaigns import questionnaire
from apps.campaigns.models import Campaign
from apps.campaigns.services.responses import create_empty_responses
from apps.core import events, moments
from apps.core.errors import Invalid, Problem, Refused
from apps.core.locking import all_locked, locked
from apps.models.models import ModelVersion, ReferenceSet, Subject
from apps.models.services import begin_assessment, create_subject, lock_in_confidence, unseen
from apps.notifications import services as notifications
from apps.notifications.about import About
from resimate_text.identity import folded
from resimate_text.sentences import Sentence, paragraph


class CampaignNotReady(Refused):
    code = "campaign_not_ready"
    title = "The campaign is not ready for this"


class CampaignClosed(Refused):
    code = "campaign_closed"
    title = "The campaign does not accept answers"


@transaction.atomic
def create_campaign(
    *,
    name: str,
    version: ModelVersion,
    subject: Subject | None = None,
    new_subject: str = "",
    closes_at: datetime,
    introduction: str = "",
    period: str = "",
    reference_set: ReferenceSet | None = None,
    acting_user: User | None,
    now: datetime,
) -> Campaign:
    """Prepare a campaign about a subject, or about a new one of that name; nobody hears of it before it is opened."""
    authz.require(acting_user, "campaigns:create")
    refused = list(unseen(acting_user, version=version, subject=subject, reference_set=reference_set))
    _refuse_unusable(version, reference_set, closes_at, now, refused)
    if subject is None:
        subject = create_subject(code=_code_for(new_subject), name=new_subject, acting_user=acting_user, now=now)
    campaign = Campaign.objects.create(
        name=name,
        version=version,
        subject=subject,
        closes_at=closes_at,
        introduction=introduction,
        period=period or str(now.year),
        reference_set=reference_set,
        owner=acting_user,
        created_at=now,
    )
    audit.record("campaign.created", now=now, target=campaign, actor=acting_user)
    return campaign


def _code_for(name: str) -> str:
    """A code for a new subject, from its name; made unique when it is taken."""
    base = slugify(name)[:80] or "subject"
    taken = {folded(code) for code in Subject.objects.filter(code__istartswith=base).values_list("code", flat=True)}
    return next(code for code in (base, *(f"{base}-{number}" for number in range(2, 10_000))) if code not in taken)


@transaction.atomic
def change_campaign(
    campaign: Campaign, changes: dict[str, Any], *, acting_user: User | None, now: datetime
) -> Campaign:
    """Change a draft; an open campaign keeps what people were told, and is only extended."""
    campaign = _locked(campaign)
    if campaign.status != Campaign.Status.DRAFT:
        raise CampaignNotReady("Only a draft campaign can be changed. An open campaign can be extended.")
    for field, value in changes.items():
        setattr(campaign, field, value)
    named = {field: changes[field] for field in ("version", "subject", "reference_set") if field in changes}
    refused = list(unseen(acting_user, **named))
    _refuse_unusable(campaign.version, campaign.reference_set, campaign.closes_at, now, refused)
    campaign.save(update_fields=list(changes))
    audit.record("campaign.changed", now=now, target=campaign, actor=acting_user, details={"fields": sorted(changes)})
    return campaign


def _refuse_unusable(
    version: ModelVersion,
    reference_set: ReferenceSet | None,
    closes_at: datetime,
    now: datetime,
    refused: Sequence[Problem] = (),
) -> None:
    errors = list(refused)
    if version.state != ModelVersion.State.PUBLISHED:
        errors.append(Problem("/version", Sentence("Choose a published version."), "not_published"))
    if reference_set is not None and reference_set.version_id != version.pk:
        errors.append(Problem("/reference_set", Sentence("Choose a reference set of this version."), "other_version"))
    if closes_at <= now:
        errors.append(Problem("/closes_at", Sentence("Choose a closing date in the future."), "in_the_past"))
    if too_far := moments.problem_beyond(closes_at, now, "/closes_at"):
        errors.append(too_far)
    if errors:
        raise Invalid(paragraph(error.detail for error in errors), errors=errors)


@transaction.atomic
def delete_campaign(campaign: Campaign, *, acting_user: User | None, now: datetime) -> None:
    campaign = _locked(campaign)
    if campaign.status != Campaign.Status.DRAFT:
        raise CampaignNotReady("Only a draft campaign can be deleted. Once open, it is a record of what was asked.")
    audit.record("campaign.deleted", now=now, target=campaign, actor=acting_user)
    campaign.delete()


@transaction.atomic
def open_campaign(campaign: Campaign, *, acting_user: User | None, now: datetime) -> Campaign:
    """Open a draft campaign; its stakeholders are invited once this commits."""
    campaign = _locked(campaign)
    _refuse_to_open(campaign, now)
    campaign.status = Campaign.Status.OPEN
    campaign.opened_at = now
    campaign.assessment = begin_assessment(
        version=campaign.version,
        subject=campaign.subject,
        period=campaign.period,
        reference_set=campaign.reference_set,
        confidential=True,
        acting_user=acting_user,
        now=now,
    )
    campaign.save(update_fields=["status", "opened_at", "assessment"])
    create_empty_responses(campaign, now=now)
    audit.record("campaign.opened", now=now, target=campaign, actor=acting_user)
    events.publish("campaign.opened", {"campaign_id": str(campaign.pk)}, now=now)
    _set_closing_timer(campaign, now)
    return campaign


def _refuse_to_open(campaign: Campaign, now: datetime) -> None:
    if campaign.status != Campaign.Status.DRAFT:
        raise CampaignNotReady("Only a draft campaign can be opened.")
    if campaign.closes_at <= now:
        raise CampaignNotReady("The closing date has already passed.")
    if campaign.version.state != ModelVersion.State.PUBLISHED:
        raise CampaignNotReady("The model version is not published.")
    if not questionnaire.of(campaign.version).count:
        raise CampaignNotReady("The resilience model has no questions, so there is nothing to ask.")
    if not campaign.participations.exists():
        raise CampaignNotReady("Add at least one stakeholder first.")


@transaction.atomic
def extend_campaign(campaign: Campaign, closes_at: datetime, *, acting_user: User | None, now: datetime) -> Campaign:
    """Give people more time."""
    campaign = _locked(campaign)
    if campaign.status != Campaign.Status.OPEN:
        raise CampaignNotReady("Only an open campaign can be extended.")
    if closes_at <= max(now, campaign.closes_at):
        detail = Sentence("The new closing date must be in the future and later than the current one.")
        raise Invalid(detail, errors=[Problem("/closes_at", detail, "not_later")])
    if too_far := moments.problem_beyond(closes_at, now, "/closes_at"):
        raise Invalid(too_far.detail, errors=[too_far])
    details = {"from": campaign.closes_at.isoformat(), "to": closes_at.isoformat()}
    campaign.closes_at = closes_at
    campaign.save(update_fields=["closes_at"])
    audit.record("campaign.extended", now=now, target=campaign, actor=acting_user, details=details)
    events.publish("campaign.extended", {"campaign_id": str(campaign.pk)}, now=now)
    _set_closing_timer(campaign, now)
    return campaign


def _set_closing_timer(campaign: Campaign, now: datetime) -> None:
    events.publish("campaign.closing_due", {"campaign_id": str(campaign.pk)}, now=now, due_at=campaign.closes_at)


@transaction.atomic
def close_campaign(campaign: Campaign, *, acting_user: User | None, now: datetime) -> Campaign:
    """Take no more answers; the final score follows once this commits."""
    campaign = _locked(campaign)
    if campaign.status != Campaign.Status.OPEN:
        raise CampaignNotReady("Only an open campaign can be closed.")
    campaign.status = Campaign.Status.CLOSED
    campaign.closed_at = now
    campaign.save(update_fields=["status", "closed_at"])
    if campaign.assessment is not None:
        lock_in_confidence(campaign.assessment, acting_user=acting_user, now=now)
    notifications.cancel(About.of(campaign), now=now)
    audit.record("campaign.closed", now=now, target=campaign, actor=acting_user)
    events.publish("campaign.closed", {"campaign_id": str(campaign.pk)}, now=now)
    return campaign


@transaction.atomic
def close_when_due(campaign_id: UUID | str, *, now: datetime) -> bool:
    """Close the campaign if its time has come; a timer of before an extension, or a second one, does nothing."""
    campaign = next(iter(all_locked(Campaign.objects.filter(pk=campaign_id))), None)
    if campaign is None or campaign.status != Campaign.Status.OPEN or now < campaign.closes_at:
        return False
    close_campaign(campaign, acting_user=None, now=now)
    return True


def _locked(campaign: Campaign) -> Campaign:
    rows = Campaign.objects.select_related("version", "subject", "reference_set").defer("reference_set__units")
    return locked(rows, campaign.pk)
