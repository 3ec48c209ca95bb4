"""Extending and closing, by hand and by the timer."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.campaigns.services import CampaignNotReady
from apps.campaigns.tests.story import Clock, deliver_everything, others_send
from apps.core.errors import Invalid
from apps.core.models import Event, EventDelivery
from apps.models.models import Assessment
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("CAMP-001")


def test_the_timer_closes_the_campaign_and_scores_it_for_good(
    campaign: Campaign, bos_link: str, visitor: Client, clock: Clock
) -> None:
    visitor.post(f"{bos_link}sections/people/", {"q-P1": "3", "q-P2": "3"})
    visitor.post(f"{bos_link}check/", {"confirmed": "yes"})
    others_send(campaign, 4, {"P1": 3, "P2": 3}, clock.moment)

    clock.moment = campaign.closes_at - timedelta(seconds=1)
    deliver_everything(clock)
    assert Campaign.objects.get().status == Campaign.Status.OPEN

    clock.moment = campaign.closes_at
    deliver_everything(clock)
    closed = Campaign.objects.select_related("assessment__latest_run").get()
    assert closed.status == Campaign.Status.CLOSED
    assert closed.closed_at == clock.moment
    assert closed.assessment is not None
    assert closed.assessment.state == Assessment.State.LOCKED
    assert closed.assessment.latest_run is not None
    assert closed.assessment.latest_run.score == 100.0


def test_closing_with_too_few_answers_is_done_with_and_scores_nothing(
    campaign: Campaign, ada: User, clock: Clock
) -> None:
    others_send(campaign, 4, {"P1": 3, "P2": 3}, clock.moment)

    services.close_campaign(campaign, acting_user=ada, now=clock.moment)
    deliver_everything(clock)

    closed = Campaign.objects.select_related("assessment__latest_run").get()
    assert closed.assessment is not None
    assert closed.assessment.latest_run is None
    assert not EventDelivery.objects.filter(last_error__gt="").exists()  # not tried again and again


def test_an_answer_changed_after_sending_counts_in_the_final_score(
    campaign: Campaign, bos_link: str, visitor: Client, ada: User, clock: Clock
) -> None:
    visitor.post(f"{bos_link}sections/people/", {"q-P1": "3", "q-P2": "3"})
    visitor.post(f"{bos_link}check/", {"confirmed": "yes"})
    clock.forward(hours=1)
    visitor.post(f"{bos_link}answers/P1/", {"q-P1": "1"})
    others_send(campaign, 4, {"P1": 2, "P2": 2}, clock.moment)

    services.close_campaign(campaign, acting_user=ada, now=clock.moment)
    deliver_everything(clock)

    closed = Campaign.objects.select_related("assessment__latest_run").get()
    assert closed.assessment is not None
    assert closed.assessment.latest_run is not None
    assert closed.assessment.latest_run.score == 50.0


def test_an_extended_campaign_outlives_its_first_timer(campaign: Campaign, ada: User, clock: Clock) -> None:
    first = campaign.closes_at
    later = first + timedelta(days=7)
    services.extend_campaign(campaign, later, acting_user=ada, now=clock.moment)

    clock.moment = first
    deliver_everything(clock)
    assert Campaign.objects.get().status == Campaign.Status.OPEN

    clock.moment = later
    deliver_everything(clock)
    assert Campaign.objects.get().status == Campaign.Status.CLOSED


@pytest.mark.parametrize("days", [-1, 0, 14])
def test_an_extension_must_be_later_than_the_present_date(
    campaign: Campaign, ada: User, clock: Clock, days: int
) -> None:
    with pytest.raises(Invalid) as refused:
        services.extend_campaign(campaign, clock.moment + timedelta(days=days), acting_user=ada, now=clock.moment)

    assert refused.value.errors[0].pointer == "/closes_at"


def test_a_campaign_closes_once(campaign: Campaign, ada: User, clock: Clock) -> None:
    services.close_campaign(campaign, acting_user=ada, now=clock.moment)

    with pytest.raises(CampaignNotReady):
        services.close_campaign(campaign, acting_user=ada, now=clock.moment)
    assert not services.close_when_due(campaign.pk, now=campaign.closes_at)
    assert Event.objects.filter(name="campaign.closed").count() == 1


def test_closing_takes_back_what_was_not_sent_yet(campaign: Campaign, ada: User, clock: Clock) -> None:
    services.invite_next_batch(campaign.pk, now=clock.moment)
    assert Message.objects.filter(state=Message.State.QUEUED).count() == 2

    services.close_campaign(campaign, acting_user=ada, now=clock.moment)

    assert Message.objects.filter(state=Message.State.CANCELLED).count() == 2
