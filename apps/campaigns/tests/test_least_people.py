"""A campaign keeps the least number of people that was promised when it opened; what is set later is for later ones."""

from typing import Any

import pytest
from django.test import Client

from apps.campaigns import reading, services
from apps.campaigns.models import Campaign
from apps.campaigns.services import Contact
from apps.campaigns.tests.story import BO, Clock, deliver_everything, part_of, path_of, send
from apps.configuration import services as configuration
from apps.core.errors import Invalid
from apps.models import disclosure
from apps.models.models import ScoreRun
from apps.models.people import KEY

pytestmark = pytest.mark.requirement("COMP-001", "CAMP-001", "UC-002")
ANSWERS = {"P1": 3, "P2": 2, "S1": 40, "S2": True, "M1": ["plan"]}


def _set(least: int, clock: Clock) -> None:
    configuration.change(KEY, least, now=clock.moment)


@pytest.fixture
def of_seven(draft: Campaign, ada: Any, clock: Clock) -> Campaign:
    """A campaign that opened while seven was the number; now it is nine."""
    _set(7, clock)
    opened = services.open_campaign(draft, acting_user=ada, now=clock.moment)
    _set(9, clock)
    return opened


def _answered_by(campaign: Campaign, number: int, clock: Clock, group: str = "") -> None:
    people = [Contact(f"P{one}{group}", f"p{one}{group}@example.org", group) for one in range(number)]
    services.add_stakeholders(campaign, people, acting_user=None, now=clock.moment)
    for person in people:
        send(part_of(campaign, person), ANSWERS, clock.moment)
    deliver_everything(clock)


@pytest.mark.thorough
def test_steps_are_of_the_number_that_held_when_it_opened(of_seven: Campaign, clock: Clock) -> None:
    _answered_by(of_seven, 13, clock)
    assert not ScoreRun.objects.exists()
    _answered_by(of_seven, 1, clock, group="last")

    assert list(ScoreRun.objects.values_list("rater_count", flat=True)) == [7]


@pytest.mark.thorough
def test_a_group_smaller_than_that_is_hidden_and_files_say_the_number(
    of_seven: Campaign, staff: Client, clock: Clock
) -> None:
    for group, number in (("crew", 7), ("board", 6), ("shore", 8)):
        _answered_by(of_seven, number, clock, group=group)
    services.close_campaign(of_seven, acting_user=None, now=clock.moment)
    deliver_everything(clock)

    results = staff.get(f"/campaigns/{of_seven.pk}/results.json").json()

    assert results["least_people"] == 7
    found = {one["group"]: (one["hidden"], one["raters"]) for one in results["groups"]}
    assert found == {"board": (True, None), "crew": (True, 7), "shore": (False, 8)}
    page = " ".join(staff.get(f"/campaigns/{of_seven.pk}/results/").content.decode().split())
    assert "Groups with fewer than 7 answers are not shown" in page


def test_six_answers_are_too_few_for_it_and_it_says_seven(of_seven: Campaign, staff: Client, clock: Clock) -> None:
    _answered_by(of_seven, 6, clock)
    services.close_campaign(of_seven, acting_user=None, now=clock.moment)
    deliver_everything(clock)

    assert reading.results_of(Campaign.objects.get(pk=of_seven.pk), "en") is None
    page = " ".join(staff.get(f"/campaigns/{of_seven.pk}/results/").content.decode().split())
    assert "Fewer than 7 people sent their answers." in page
    refused = str(disclosure.NotReleased(of_seven.least_people).detail)
    assert refused.startswith("Results are shown from 7 people on")


def test_the_first_page_promises_what_it_keeps(draft: Campaign, ada: Any, clock: Clock, visitor: Client) -> None:
    _set(7, clock)
    assert draft.least_people == 7
    campaign = services.open_campaign(draft, acting_user=ada, now=clock.moment)
    _set(9, clock)

    page = " ".join(visitor.get(path_of(part_of(campaign, BO))).content.decode().split())

    assert "at least 7 people, and on at least 7 more each time they change" in page
    assert "a group of fewer than 7 people is never shown" in page
    assert Campaign.objects.get(pk=campaign.pk).least_people == 7


@pytest.mark.parametrize("least", [4, 0, 101, "5"])
def test_it_is_never_less_than_five(acme: Any, clock: Clock, least: Any) -> None:
    with pytest.raises(Invalid):
        configuration.change(KEY, least, now=clock.moment)
