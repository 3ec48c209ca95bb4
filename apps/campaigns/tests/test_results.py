"""Results: scores, the wave before, and groups that are too small to show."""

import codecs
import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.campaigns import exporting, reading, services
from apps.campaigns.api.campaigns import CampaignView
from apps.campaigns.models import Campaign
from apps.campaigns.services import Contact
from apps.campaigns.tests.story import Clock, deliver_everything, send
from apps.models.disclosure import hidden_groups
from apps.models.models import ModelVersion, Subject

pytestmark = pytest.mark.requirement("CAMP-001")


class Wave:
    """Runs whole campaigns of one subject and resilience model."""

    def __init__(self, version: ModelVersion, subject: Subject, user: User, clock: Clock) -> None:
        self.version, self.subject, self.user, self.clock = version, subject, user, clock

    def __call__(self, period: str, answers: dict[str, list[int]], *, close: bool = True) -> Campaign:
        """``answers``: what each person of a group says to both questions about people."""
        now = self.clock.forward(minutes=1)
        campaign = services.create_campaign(
            name=f"Check {period}",
            version=self.version,
            subject=self.subject,
            period=period,
            closes_at=now + timedelta(days=7),
            acting_user=self.user,
            now=now,
        )
        people = [
            Contact(f"{group} {number}", f"{group}{number}@example.org".replace(" ", ""), group)
            for group, given in answers.items()
            for number in range(len(given))
        ]
        services.add_stakeholders(campaign, people, acting_user=self.user, now=now)
        campaign = services.open_campaign(campaign, acting_user=self.user, now=now)
        for group, given in answers.items():
            parts = campaign.participations.filter(stakeholder__group=group).select_related(
                "response__assessment__version"
            )
            for part, value in zip(parts, given, strict=True):
                send(part, {"P1": value, "P2": value}, now)
        if close:
            services.close_campaign(campaign, acting_user=self.user, now=now)
        deliver_everything(self.clock)
        return Campaign.objects.select_related("version", "subject").get(pk=campaign.pk)


@pytest.fixture
def wave(version: ModelVersion, harbour: Subject, ada: User, clock: Clock) -> Wave:
    return Wave(version, harbour, ada, clock)


def test_the_page_shows_the_score_its_band_and_how_many_answered(wave: Wave, staff: Client) -> None:
    campaign = wave("2026", {"Staff": [3, 3, 2, 2, 2, 3]})

    page = staff.get(f"/campaigns/{campaign.pk}/results/").content.decode()

    assert "75.0" in page
    assert "High" in page
    assert "Based on all 6 answers" in page
    assert "Final results" in page
    assert "<svg" in page
    assert "Show as table" in page


def test_it_is_compared_with_the_wave_before(wave: Wave, staff: Client) -> None:
    wave("2024", {"Staff": [1] * 5})
    before = wave("2025", {"Staff": [2] * 5})
    campaign = wave("2026", {"Staff": [3] * 5})

    found = reading.results_of(campaign, "en")
    page = staff.get(f"/campaigns/{campaign.pk}/results/").content.decode()

    assert found is not None
    assert found.previous_campaign == before
    people = found.dimensions[0]
    assert (people.code, people.value, people.previous) == ("people", 100.0, 50.0)
    assert "50.0 more than in 2025" in page


def test_an_open_campaign_or_another_subject_is_no_wave_before(
    wave: Wave, version: ModelVersion, ada: User, clock: Clock
) -> None:
    from apps.models.services import create_subject

    wave("open", {"Staff": [1] * 10}, close=False)
    other = create_subject(code="other", name="Other", acting_user=None, now=clock.moment)
    Wave(version, other, ada, clock)("elsewhere", {"Staff": [1] * 5})

    campaign = wave("2026", {"Staff": [3] * 5})

    assert reading.previous_wave(campaign) is None


def test_groups_of_five_are_shown_and_smaller_ones_hidden(wave: Wave, staff: Client) -> None:
    campaign = wave("2026", {"Staff": [3] * 5, "Board": [1] * 4, "Crew": [2] * 3})

    found = reading.results_of(campaign, "en")
    answer = json.loads(staff.get(f"/campaigns/{campaign.pk}/results.json").content)
    page = staff.get(f"/campaigns/{campaign.pk}/results/").content.decode()

    assert found is not None
    assert {one.group: (one.value, one.hidden) for one in found.groups} == {
        "Board": (None, True),
        "Crew": (None, True),
        "Staff": (100.0, False),
    }
    assert {one["group"]: (one["score"], one["raters"]) for one in answer["groups"]} == {
        "Board": (None, None),
        "Crew": (None, None),
        "Staff": (100.0, 5),
    }
    assert "too few answers to show" in page
    assert "fewer than 5 answers" in page


def test_a_single_small_group_is_not_given_away_by_the_others(wave: Wave) -> None:
    """The whole minus the shown groups would be the hidden one; so one more is hidden."""
    campaign = wave("2026", {"Staff": [3] * 7, "Crew": [2] * 5, "Board": [1] * 2})

    found = reading.results_of(campaign, "en")

    assert found is not None
    assert {one.group for one in found.groups if one.hidden} == {"Board", "Crew"}


@pytest.mark.parametrize(
    ("raters", "hidden"),
    [
        ({"a": 5, "b": 5}, set()),
        ({"a": 5, "b": 4}, {"a", "b"}),
        ({"a": 9, "b": 6, "c": 1}, {"b", "c"}),
        ({"a": 9, "b": 3, "c": 2}, {"b", "c"}),
        ({"a": 9, "b": 2, "c": 2}, {"a", "b", "c"}),
        ({"a": 1}, {"a"}),
        ({}, set()),
    ],
)
def test_what_is_hidden_always_stands_for_five_people_or_more(raters: dict[str, int], hidden: set[str]) -> None:
    assert hidden_groups(raters, 5) == hidden


def test_results_leave_as_csv_without_loss(wave: Wave, staff: Client) -> None:
    campaign = wave("2026", {"Staff": [3, 2, 1, 1, 1, 3]})

    response: Any = staff.get(f"/campaigns/{campaign.pk}/results.csv")
    content = b"".join(response.streaming_content)
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))

    assert content.startswith(codecs.BOM_UTF8)
    found = reading.results_of(campaign, "en")
    assert found is not None
    assert [row["code"] for row in rows] == ["all", "people", "plans", "means"]
    assert float(rows[0]["score"]) == found.run.score
    assert rows[2]["score"] == ""
    assert {(row["withheld"], row["least_people"]) for row in rows} == {("false", "5")}
    found.run.disclosed = {"all": 6, "plans": 5}
    assert [row["code"] for row in exporting.rows(found) if row["withheld"]] == ["people", "means"]
    assert "attachment" in response["Content-Disposition"]


@pytest.mark.requirement("SEC-AUTH-002")
def test_taking_results_along_can_ask_for_a_right_of_its_own(
    wave: Wave, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = wave("2026", {"Staff": [3] * 5})
    monkeypatch.setitem(CampaignView.permissions, "results.csv", "users:read")
    path = f"/api/v1/campaigns/{campaign.pk}/results/"

    assert (staff.get(path).status_code, staff.get(f"{path}?format=csv").status_code) == (200, 403)


def test_before_the_first_answer_there_is_nothing_to_show(campaign: Campaign, staff: Client) -> None:
    page = staff.get(f"/campaigns/{campaign.pk}/results/")

    assert page.status_code == 200
    assert "No results yet" in page.content.decode()
    for name in ("results.csv", "results.json"):
        assert staff.get(f"/campaigns/{campaign.pk}/{name}").headers["Location"] == f"/campaigns/{campaign.pk}/results/"
    refused = staff.get(f"/api/v1/campaigns/{campaign.pk}/results/")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_released")


def test_results_are_read_with_few_queries(wave: Wave, staff: Client, django_assert_max_num_queries: Any) -> None:
    wave("2025", {"Staff": [2] * 5, "Board": [1] * 5})
    campaign = wave("2026", {"Staff": [3] * 5, "Board": [1] * 5})

    staff.get("/campaigns/new/")  # the host is known from here on
    with django_assert_max_num_queries(14):
        staff.get(f"/campaigns/{campaign.pk}/results/")
