"""Closing dates have a time, an offset and a bound at every entrance; those stored before open all the same."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import HOST, Clock
from apps.core.forms import MOMENT

pytestmark = pytest.mark.requirement("CAMP-001")
FAR = "9999-12-31T23:59:59Z"


def send(browser: Client, method: str, path: str, body: Any) -> Any:
    return browser.generic(
        method, f"/api/v1/{path}", json.dumps(body).encode(), content_type="application/json", headers=HOST
    )


def body_of(draft: Campaign, closes_at: Any) -> dict[str, Any]:
    names = {"name": "Autumn", "version": str(draft.version_id), "subject": str(draft.subject_id)}
    return {**names, "closes_at": closes_at}


@pytest.mark.parametrize(
    "closes_at",
    [
        *("2027-03-28", "2027-03-28T17:00", "2027-03-28T17:00:00", "2027-03-28 17:00:00Z", "28.03.2027", "tomorrow"),
        *("2027-02-30T17:00:00Z", "2027-03-28T25:00:00Z", "2027-03-28T17:00:00+25:00", "\uff12027-03-28T17:00:00Z"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "10000-01-01T00:00:00Z", FAR, 1800000000, "", {}),
    ],
    ids=str,
)
def test_the_api_fills_in_nothing_and_takes_nothing_out_of_reach(
    staff: Client, draft: Campaign, closes_at: Any
) -> None:
    created = send(staff, "POST", "campaigns/", body_of(draft, closes_at))
    changed = send(staff, "PATCH", f"campaigns/{draft.pk}/", {"closes_at": closes_at})

    for refused in (created, changed):
        assert refused.status_code == 422
        assert [one["pointer"] for one in refused.json()["errors"]] == ["/closes_at"]
    assert Campaign.objects.count() == 1


def test_the_api_says_what_it_wants(staff: Client, draft: Campaign) -> None:
    refused = send(staff, "POST", "campaigns/", body_of(draft, "2027-03-28")).json()

    assert refused["errors"][0]["detail"].startswith("Send a date with a time and its offset from UTC")


@pytest.mark.parametrize("offset", ["Z", "+00:00", "+05:45", "-11:00"])
def test_an_offset_is_understood(staff: Client, draft: Campaign, offset: str) -> None:
    created = send(staff, "POST", "campaigns/", body_of(draft, f"2027-03-28T17:00:00{offset}"))

    assert created.status_code == 201
    written = datetime.fromisoformat(f"2027-03-28T17:00:00{offset.replace('Z', '+00:00')}")
    assert Campaign.objects.get(name="Autumn").closes_at == written


def test_an_open_campaign_is_not_extended_without_end(staff: Client, campaign: Campaign) -> None:
    refused = send(staff, "POST", f"campaigns/{campaign.pk}/extend/", {"closes_at": FAR})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "too_far")

    page = staff.post(f"/campaigns/{campaign.pk}/extend/", {"closes_at": "9999-12-31T23:59"}, follow=True)
    assert "at most 10 years away" in page.content.decode()
    before = campaign.closes_at
    campaign.refresh_from_db()
    assert campaign.closes_at == before


@pytest.mark.parametrize("typed", ["9999-12-31T23:59", "0001-01-01T00:00", "2027-03-28", "soon", "2040-01-01T10:00"])
def test_the_form_refuses_what_is_out_of_reach(staff: Client, draft: Campaign, typed: str) -> None:
    page = staff.post("/campaigns/new/", body_of(draft, typed))

    assert page.status_code == 422
    assert Campaign.objects.count() == 1


@pytest.mark.parametrize("closes_at", [datetime.max.replace(tzinfo=UTC), datetime(9999, 12, 31, 12, tzinfo=UTC)])
def test_a_campaign_of_before_that_never_ends_is_watched_and_closed(
    staff: Client, visitor: Client, campaign: Campaign, bos_link: str, closes_at: datetime, ada: User, clock: Clock
) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(closes_at=closes_at)

    assert staff.get(f"/campaigns/{campaign.pk}/").status_code == 200
    assert staff.get("/").status_code == 200
    assert staff.get("/campaigns/").status_code == 200
    assert visitor.get(bos_link).status_code == 200
    assert staff.post(f"/campaigns/{campaign.pk}/close/").status_code == 302
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.CLOSED


def test_the_proposed_extension_is_a_week_later(staff: Client, campaign: Campaign) -> None:
    proposed = (campaign.closes_at + timedelta(days=7)).strftime(MOMENT)

    assert f'value="{proposed}"' in staff.get(f"/campaigns/{campaign.pk}/").content.decode()
