"""An open campaign with results says how many people it takes for more, and shows no remark yet."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.campaigns import reading, services
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import Clock, others_send
from apps.models.models import Response
from apps.models.tests.sheets import put

pytestmark = pytest.mark.requirement("COMP-001")


def _count_everybody(campaign: Campaign, now: datetime) -> None:
    """As a release does."""
    responses = Response.objects.filter(assessment=campaign.assessment_id)
    responses.update(is_counted=True)
    for response in responses.filter(sheet__isnull=False):
        put(response, {"P1": 3}, now, comment="We train too little.")


def test_remarks_are_shown_once_the_campaign_is_closed(campaign: Campaign, clock: Clock) -> None:
    others_send(campaign, 5, {"P1": 3}, clock.moment)
    _count_everybody(campaign, clock.moment)

    during = reading.remarks_on(Campaign.objects.get(pk=campaign.pk), "en")
    services.close_campaign(campaign, acting_user=None, now=clock.moment)
    after = reading.remarks_on(Campaign.objects.get(pk=campaign.pk), "en")

    assert (during, [len(one.comments) for one in after]) == ([], [5])


def test_the_page_without_results_says_how_many_people_they_take(campaign: Campaign, staff: Client) -> None:
    page: Any = staff.get(reverse("campaigns:results", args=[campaign.pk]))
    text = " ".join(page.content.decode().split())

    assert "once 10 people have sent their answers. They are based on 5 of them" in text
    assert "Once it is closed, 5 are enough" in text
