"""Times stand in the tenant's zone or the reader's own, which is named; what is typed is read in the same zone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import BO, HOST, Clock, Post, deliver_everything
from apps.configuration import services as configuration
from apps.configuration.settings_keys import ZONE
from apps.core.errors import Invalid

pytestmark = pytest.mark.requirement("CAMP-001")
DECEMBER = datetime(2026, 12, 11, 17, 0, tzinfo=UTC)


@pytest.fixture
def berlin(acme: Any, clock: Clock) -> None:
    configuration.change(ZONE.name, "Europe/Berlin", now=clock.moment)
    configuration.forget()


@pytest.fixture
def ending(campaign: Campaign) -> Campaign:
    Campaign.objects.update(closes_at=DECEMBER)
    return campaign


def test_everybody_reads_the_closing_time_in_the_tenants_zone(
    berlin: None, ending: Campaign, staff: Client, visitor: Client, bos_link: str
) -> None:
    written = "11 December 2026, 18:00 CET"

    assert f"Closes {written}" in staff.get(f"/campaigns/{ending.pk}/").content.decode()
    landing = visitor.get(bos_link).content.decode()
    assert written in landing
    assert 'data-zone="Europe/Berlin"' in landing


def test_mails_write_it_as_pages_do(berlin: None, ending: Campaign, clock: Clock, post: Post) -> None:
    deliver_everything(clock)

    assert "Please answer before 11 December 2026, 18:00 CET." in post.to(BO)[0].message.get_content()


def test_somebody_may_have_a_zone_of_their_own(
    berlin: None, ending: Campaign, staff: Client, ada: User, visitor: Client, bos_link: str
) -> None:
    sent = {"change": "profile", "name": "Ada", "language": "en", "time_zone": "Asia/Kathmandu"}
    assert staff.post("/account/", sent).status_code == 302

    assert "11 December 2026, 22:45 UTC+05:45" in staff.get(f"/campaigns/{ending.pk}/").content.decode()
    assert "18:00 CET" in visitor.get(bos_link).content.decode()
    assert staff.post("/account/", {**sent, "time_zone": "Mars/Olympus"}).status_code == 422


def test_a_form_reads_and_shows_times_in_the_zone_that_it_names(berlin: None, ending: Campaign, staff: Client) -> None:
    page = staff.get(f"/campaigns/{ending.pk}/").content.decode()
    assert "Time zone: Europe/Berlin." in page
    assert 'value="2026-12-18T18:00"' in page

    staff.post(f"/campaigns/{ending.pk}/extend/", {"closes_at": "2027-07-01T12:00"})
    ending.refresh_from_db()
    assert ending.closes_at == datetime(2027, 7, 1, 10, 0, tzinfo=UTC)


def test_a_time_that_clocks_skip_is_refused(berlin: None, ending: Campaign, staff: Client) -> None:
    page = staff.post(f"/campaigns/{ending.pk}/extend/", {"closes_at": "2027-03-28T02:30"}, follow=True)

    assert "Clocks in Europe/Berlin skip this time" in page.content.decode()


def test_of_a_time_that_comes_twice_the_first_is_taken_and_said(berlin: None, ending: Campaign, staff: Client) -> None:
    page = staff.post(f"/campaigns/{ending.pk}/extend/", {"closes_at": "2027-10-31T02:30"}, follow=True)

    assert "Closes 31 October 2027, 02:30 CEST" in page.content.decode()
    ending.refresh_from_db()
    assert ending.closes_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_the_api_speaks_utc(berlin: None, ending: Campaign, staff: Client) -> None:
    single = staff.get(f"/api/v1/campaigns/{ending.pk}/", headers=HOST).json()
    (listed,) = staff.get("/api/v1/campaigns/", headers=HOST).json()["results"]

    assert single["closes_at"] == listed["closes_at"] == "2026-12-11T17:00:00Z"


@pytest.mark.parametrize("closes_at", [datetime.max.replace(tzinfo=UTC), DECEMBER + timedelta(days=36500)])
def test_a_campaign_of_before_that_never_ends_opens_in_every_zone(
    berlin: None, campaign: Campaign, staff: Client, visitor: Client, bos_link: str, closes_at: datetime
) -> None:
    Campaign.objects.update(closes_at=closes_at)

    assert staff.get(f"/campaigns/{campaign.pk}/").status_code == 200
    assert visitor.get(bos_link).status_code == 200


@pytest.mark.parametrize("zone", ["Berlin", "", "europe/berlin", "../etc/passwd", 5, None])
def test_a_zone_is_one_of_the_database_of_zones(acme: Any, now: datetime, zone: Any) -> None:
    with pytest.raises(Invalid):
        configuration.change(ZONE.name, zone, now=now)


def test_what_is_saved_says_so_without_a_time(visitor: Client, bos_link: str) -> None:
    saved = visitor.post(f"{bos_link}answers/P1/", {"q-P1": "3"}, headers={"HX-Request": "true"}).content.decode()

    assert saved.lstrip().startswith("Saved\n")
