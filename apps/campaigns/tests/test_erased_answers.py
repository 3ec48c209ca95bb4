"""Where the key of a response was destroyed, it has said nothing: pages go on, and nobody behind it is counted."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import BO, Clock, deliver_everything, others_send, part_of, taken_part
from apps.keys import services as keys
from apps.models.models import AnswerSheet, ScoreRun

pytestmark = pytest.mark.requirement("SEC-DATA-001", "COMP-001")
ANSWERS = {"P1": 3, "P2": 2, "S1": 40, "S2": True, "M1": ["plan"]}


def erase(campaign: Campaign, count: int) -> None:
    sheets = AnswerSheet.objects.filter(response__assessment=campaign.assessment_id).order_by("pk")
    assert keys.destroy_subject_keys([*sheets.values_list("key", flat=True)[:count]]) == count


@pytest.mark.parametrize(("erased", "shown"), [(1, True), (2, False)])
def test_who_was_erased_is_not_among_the_five_behind_a_result(
    campaign: Campaign, staff: Client, clock: Clock, erased: int, shown: bool
) -> None:
    others_send(campaign, 6, ANSWERS, clock.moment)
    erase(campaign, erased)
    services.close_campaign(campaign, acting_user=None, now=clock.moment)
    deliver_everything(clock)

    page = staff.get(reverse("campaigns:results", args=[campaign.pk]))

    assert page.status_code == 200
    assert bool(ScoreRun.objects.get().disclosed) == shown


def test_a_respondent_whose_answers_were_erased_is_told_and_can_add_nothing(
    campaign: Campaign, bos_link: str, visitor: Client
) -> None:
    browser = Client(headers={"Host": "acme.localhost"}, raise_request_exception=False)
    browser.post(f"{bos_link}sections/people/", {"q-P1": "3"})
    assert 'value="3" checked' in " ".join(browser.get(f"{bos_link}sections/people/").content.decode().split())
    erase(campaign, 1)

    page = browser.get(f"{bos_link}sections/people/")
    late = browser.post(f"{bos_link}answers/P1/", {"q-P1": "1"}, headers={"HX-Request": "true"})

    assert (page.status_code, late.status_code) == (200, 410)
    assert b"checked" not in page.content
    assert b"was erased" in late.content
    assert AnswerSheet.objects.get(response=taken_part(part_of(campaign, BO))).entries == {}
