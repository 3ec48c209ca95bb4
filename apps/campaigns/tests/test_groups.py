"""A group is one group however it is spelt, and a model that does not weigh it says so."""

import copy
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.campaigns import reading, services
from apps.campaigns.models import Campaign, Stakeholder
from apps.campaigns.tests.story import DOCUMENT, HOST, Clock, make_version
from apps.models.models import Subject
from apps.outreach.contacts import Contact

pytestmark = pytest.mark.requirement("CAMP-001")
SPELLINGS = ("Management", "management", "MANAGEMENT", "Manage\u00adment", " Management\u00a0")


@pytest.fixture
def weighed(harbour: Subject, ada: User, clock: Clock) -> Campaign:
    """A draft whose model weighs managers and staff."""
    document = copy.deepcopy(DOCUMENT) | {"code": "weighed"}
    weights = {"Management": 3, "Staff": 1}
    indicator = document["root"]["children"][0]["indicator"]
    indicator["rater_aggregation"] = {"method": "by_group", "weights": weights, "within": "mean"}
    return services.create_campaign(
        name="Weighed",
        version=make_version(clock.moment, document),
        subject=harbour,
        closes_at=clock.moment + timedelta(days=9),
        acting_user=ada,
        now=clock.moment,
    )


def people(*groups: str) -> list[Contact]:
    return [Contact(f"P{place}", f"p{place}@example.org", group) for place, group in enumerate(groups)]


def test_the_first_spelling_is_kept(draft: Campaign, ada: User, clock: Clock) -> None:
    services.add_stakeholders(draft, people(*reversed(SPELLINGS)), acting_user=ada, now=clock.moment)

    assert set(Stakeholder.objects.exclude(group="Staff").values_list("group", flat=True)) == {"Management"}


def test_the_models_spelling_comes_first(weighed: Campaign, ada: User, clock: Clock) -> None:
    services.add_stakeholders(weighed, people("STAFF", "management"), acting_user=ada, now=clock.moment)

    assert set(Stakeholder.objects.values_list("group", flat=True)) == {"Staff", "Management"}


def test_the_api_keeps_known_spellings_as_well(staff: Client, draft: Campaign) -> None:
    made = staff.post(
        "/api/v1/stakeholders/",
        json.dumps({"name": "Di", "email": "di@example.org", "group": "sTAFF "}),
        content_type="application/json",
        headers=HOST,
    )

    assert made.json()["group"] == "Staff"


def test_spellings_of_before_are_counted_and_found_together(
    draft: Campaign, staff: Client, ada: User, clock: Clock
) -> None:
    services.add_stakeholders(draft, people(*["Crew"] * len(SPELLINGS)), acting_user=ada, now=clock.moment)
    for person, written in zip(Stakeholder.objects.filter(group="Crew"), SPELLINGS, strict=True):
        Stakeholder.objects.filter(pk=person.pk).update(group=written)

    counted = {one.group: one.people for one in reading.progress_by_group(draft)}
    assert len(counted) == 2
    assert sorted(counted.values()) == [1, 6]

    page = staff.get(f"/campaigns/{draft.pk}/?group=manageMENT").content.decode()
    assert all(f"p{place}@example.org" in page for place in range(len(SPELLINGS)))
    path = f"/api/v1/campaigns/{draft.pk}/participations/?group=MANAGEMENT"
    assert len(staff.get(path, headers=HOST).json()["results"]) == 6
    assert len(staff.get("/api/v1/stakeholders/?group=MANAGEMENT", headers=HOST).json()["results"]) == 6


@pytest.mark.parametrize(("group", "said"), [("Board", "“Board”"), ("", "“No group”")])
def test_a_group_that_is_not_weighed_is_named(
    weighed: Campaign, staff: Client, ada: User, clock: Clock, group: str, said: str
) -> None:
    services.add_stakeholders(weighed, people("Staff", "management", group), acting_user=ada, now=clock.moment)

    page = staff.get(f"/campaigns/{weighed.pk}/").content.decode()
    assert f"gives the group {said} no weight: the answers of 1 person do not count." in " ".join(page.split())
    assert page.count("gives the group") == 1
    progress: Any = staff.get(f"/api/v1/campaigns/{weighed.pk}/progress/", headers=HOST).json()
    assert progress["unweighed_groups"] == [group]


def test_a_model_that_weighs_no_groups_names_none(draft: Campaign, staff: Client) -> None:
    assert "gives the group" not in staff.get(f"/campaigns/{draft.pk}/").content.decode()
