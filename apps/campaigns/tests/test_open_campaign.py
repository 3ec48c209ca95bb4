"""Preparing and opening a campaign."""

from datetime import timedelta

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.campaigns.services import CampaignNotReady
from apps.campaigns.tests.story import BO, CY, Clock, make_version, part_of
from apps.core.errors import Invalid
from apps.core.models import Event, EventDelivery
from apps.models import starters
from apps.models.models import ModelVersion, Subject
from apps.models.services import import_document, retire_version
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("CAMP-001")


def test_opening_begins_the_assessment_of_the_subject(draft: Campaign, ada: User, clock: Clock) -> None:
    opened = services.open_campaign(draft, acting_user=ada, now=clock.moment)

    assert opened.status == Campaign.Status.OPEN
    assert opened.opened_at == clock.moment
    assert opened.assessment is not None
    assert opened.assessment.subject == draft.subject
    assert opened.assessment.version == draft.version
    assert AuditEntry.objects.filter(action="campaign.opened", object_id=str(draft.pk)).count() == 1


def test_each_stakeholder_gets_a_response_under_a_pseudonym(campaign: Campaign) -> None:
    bo, cy = part_of(campaign, BO), part_of(campaign, CY)

    assert bo.response is not None
    assert cy.response is not None
    assert bo.response.rater != cy.response.rater
    assert bo.response.group == "Staff"
    for name in ("bo", "berg", str(bo.pk), str(bo.stakeholder_id)):
        assert name not in bo.response.rater.lower()


def test_nobody_is_written_to_before_the_events_are_delivered(campaign: Campaign) -> None:
    assert not Message.objects.exists()
    assert Event.objects.filter(name="campaign.opened").count() == 1


def test_the_closing_date_is_a_timer_that_survives_restarts(campaign: Campaign) -> None:
    timer = EventDelivery.objects.get(event__name="campaign.closing_due")

    assert timer.due_at == campaign.closes_at


def test_a_campaign_opens_once(campaign: Campaign, ada: User, clock: Clock) -> None:
    with pytest.raises(CampaignNotReady, match="Only a draft"):
        services.open_campaign(campaign, acting_user=ada, now=clock.moment)

    assert Event.objects.filter(name="campaign.opened").count() == 1


def test_a_campaign_without_people_does_not_open(draft: Campaign, ada: User, clock: Clock) -> None:
    draft.participations.all().delete()

    with pytest.raises(CampaignNotReady, match="stakeholder"):
        services.open_campaign(draft, acting_user=ada, now=clock.moment)


def test_a_campaign_whose_time_has_passed_does_not_open(draft: Campaign, ada: User, clock: Clock) -> None:
    with pytest.raises(CampaignNotReady, match="closing date"):
        services.open_campaign(draft, acting_user=ada, now=clock.forward(days=14))


def test_a_campaign_does_not_open_with_a_retired_version(draft: Campaign, ada: User, clock: Clock) -> None:
    retire_version(draft.version, acting_user=None, now=clock.moment)

    with pytest.raises(CampaignNotReady, match="not published"):
        services.open_campaign(draft, acting_user=ada, now=clock.moment)


def test_a_model_that_is_only_measured_has_nothing_to_ask(harbour: Subject, ada: User, clock: Clock) -> None:
    measured = services.create_campaign(
        name="Measured",
        version=make_version(clock.moment, starters.load("hdi")),
        subject=harbour,
        closes_at=clock.moment + timedelta(days=1),
        acting_user=ada,
        now=clock.moment,
    )
    services.add_stakeholders(measured, [BO], acting_user=ada, now=clock.moment)

    with pytest.raises(CampaignNotReady, match="has no questions"):
        services.open_campaign(measured, acting_user=ada, now=clock.moment)


def test_a_draft_version_and_a_past_date_are_refused_together(
    version: ModelVersion, harbour: Subject, ada: User, clock: Clock
) -> None:
    unpublished = import_document({**version.document, "licence": "CC0"}, acting_user=ada, now=clock.moment)

    with pytest.raises(Invalid) as refused:
        services.create_campaign(
            name="Too soon",
            version=unpublished,
            subject=harbour,
            closes_at=clock.moment,
            acting_user=ada,
            now=clock.moment,
        )

    assert {(one.pointer, one.code) for one in refused.value.errors} == {
        ("/version", "not_published"),
        ("/closes_at", "in_the_past"),
    }


def test_an_open_campaign_keeps_what_people_were_told(campaign: Campaign, ada: User, clock: Clock) -> None:
    with pytest.raises(CampaignNotReady):
        services.change_campaign(campaign, {"name": "Another"}, acting_user=ada, now=clock.moment)
    with pytest.raises(CampaignNotReady):
        services.delete_campaign(campaign, acting_user=ada, now=clock.moment)

    assert Campaign.objects.get().name == "Spring check"


def test_a_draft_can_change_and_go(draft: Campaign, ada: User, clock: Clock) -> None:
    later = clock.moment + timedelta(days=30)
    changed = services.change_campaign(draft, {"name": "Other", "closes_at": later}, acting_user=ada, now=clock.moment)
    assert (changed.name, changed.closes_at) == ("Other", later)

    services.delete_campaign(draft, acting_user=ada, now=clock.moment)
    assert not Campaign.objects.exists()
