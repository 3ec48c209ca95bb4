"""A campaign on a relative model says what its assessment is compared with."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.campaigns import reading, services
from apps.campaigns.models import Campaign
from apps.campaigns.services import Contact
from apps.campaigns.tests.story import (
    DOCUMENT,
    Clock,
    deliver_everything,
    make_version,
    node,
    part_of,
    question,
    send,
)
from apps.core.errors import Invalid
from apps.core.tests.pages import as_read
from apps.models.models import ModelVersion, ReferenceSet, Subject
from apps.models.services import freeze_reference_set

pytestmark = pytest.mark.requirement("CAMP-001", "CMS-002")


@pytest.fixture
def relative(version: ModelVersion, clock: Clock) -> ModelVersion:
    """The harbour check as a comparison; the absolute one is there too."""
    people = node("people", "People", question("P1", "We train?"))
    people["indicator"]["normalisation"] = "min_max"
    root = {"code": "all", "aggregation": "arithmetic_mean", "children": [people]}
    return make_version(clock.moment, {**DOCUMENT, "code": "compared", "mode": "relative", "root": root})


@pytest.fixture
def frozen(relative: ModelVersion, ada: User, clock: Clock) -> ReferenceSet:
    """The worst and the best there can be."""
    units = [{"id": name, "responses": [{"answers": {"P1": value}}]} for name, value in (("low", 1), ("high", 3))]
    return freeze_reference_set(relative, "Two ports", units, acting_user=ada, now=clock.moment)[0]


def _campaign(version: ModelVersion, subject: Subject, ada: User, clock: Clock, **more: Any) -> Campaign:
    closes_at = clock.moment + timedelta(days=7)
    return services.create_campaign(
        name="Check", version=version, subject=subject, closes_at=closes_at, acting_user=ada, now=clock.moment, **more
    )


def _answered(campaign: Campaign, ada: User, clock: Clock) -> Campaign:
    """Five people say: in between."""
    people = [Contact(f"Person {number}", f"person{number}@example.org") for number in range(5)]
    services.add_stakeholders(campaign, people, acting_user=ada, now=clock.moment)
    services.open_campaign(campaign, acting_user=ada, now=clock.moment)
    for person in people:
        send(part_of(campaign, person), {"P1": 2}, clock.moment)
    services.close_campaign(campaign, acting_user=ada, now=clock.moment)
    deliver_everything(clock)
    return Campaign.objects.get(pk=campaign.pk)


def test_the_assessment_is_compared_with_the_set_and_the_results_say_so(
    frozen: ReferenceSet, harbour: Subject, ada: User, clock: Clock, staff: Client
) -> None:
    draft = _campaign(frozen.version, harbour, ada, clock, reference_set=frozen)
    campaign = _answered(draft, ada, clock)

    results = reading.results_of(campaign, "en")

    assert results is not None
    assert (results.run.score, results.reference) == (50.0, frozen)
    page = as_read(staff.get(f"/campaigns/{campaign.pk}/results/").content.decode())
    assert "<dt>Reference set</dt><dd>Two ports" in page
    assert frozen.digest[:12] in page
    as_json = staff.get(f"/api/v1/campaigns/{campaign.pk}/results/").json()
    assert as_json["reference_set"] == {"id": str(frozen.pk), "name": "Two ports", "digest": frozen.digest, "units": 2}
    assert "compared with Two ports" in staff.get(f"/campaigns/{campaign.pk}/").content.decode()


def test_without_a_set_it_is_compared_with_its_period(
    relative: ModelVersion, harbour: Subject, ada: User, clock: Clock, staff: Client
) -> None:
    campaign = _answered(_campaign(relative, harbour, ada, clock), ada, clock)

    page = staff.get(f"/campaigns/{campaign.pk}/results/").content.decode()

    assert "The assessments of the same period" in page
    assert staff.get(f"/api/v1/campaigns/{campaign.pk}/results/").json()["reference_set"] is None


def test_a_set_of_another_version_is_refused(
    frozen: ReferenceSet, version: ModelVersion, harbour: Subject, ada: User, clock: Clock
) -> None:
    draft = _campaign(frozen.version, harbour, ada, clock, reference_set=frozen)

    with pytest.raises(Invalid) as made:
        _campaign(version, harbour, ada, clock, reference_set=frozen)
    with pytest.raises(Invalid) as changed:
        services.change_campaign(draft, {"version": version}, acting_user=ada, now=clock.moment)

    for refused in (made, changed):
        assert [(one.pointer, one.code) for one in refused.value.errors] == [("/reference_set", "other_version")]


def test_the_api_takes_and_shows_the_set(
    frozen: ReferenceSet, harbour: Subject, clock: Clock, staff: Client, beta: Any
) -> None:
    body = {
        "name": "Check",
        "version": str(frozen.version_id),
        "subject": str(harbour.pk),
        "reference_set": str(frozen.pk),
        "closes_at": (clock.moment + timedelta(days=2)).isoformat(),
    }

    made = staff.post("/api/v1/campaigns/", body, content_type="application/json")

    assert (made.status_code, made.json()["reference_set"]) == (201, str(frozen.pk))
    assert staff.get("/api/v1/campaigns/").json()["results"] == [made.json()]
    path = made["Location"]
    absent = {"reference_set": "00000000-0000-7000-8000-000000000000"}
    assert staff.patch(path, absent, content_type="application/json").json()["errors"][0]["pointer"] == "/reference_set"
    cleared = staff.patch(path, {"reference_set": None}, content_type="application/json")
    assert cleared.json()["reference_set"] is None


def test_the_form_offers_the_sets_and_refuses_one_of_another_version(
    relative: ModelVersion, version: ModelVersion, ada: User, clock: Clock, staff: Client, harbour: Subject
) -> None:
    assert "Compared with" not in staff.get("/campaigns/new/").content.decode()
    units = [{"id": "u", "responses": [{"answers": {"P1": 1}}]}]
    frozen, _ = freeze_reference_set(relative, "One port", units, acting_user=ada, now=clock.moment)
    assert f"{relative}: One port" in staff.get("/campaigns/new/").content.decode()
    closes_at = (clock.moment + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    given = {"name": "Check", "subject": harbour.pk, "closes_at": closes_at, "reference_set": frozen.pk}

    wrong = staff.post("/campaigns/new/", {**given, "version": version.pk})
    right = staff.post("/campaigns/new/", {**given, "version": relative.pk})

    assert wrong.status_code == 422
    assert "Choose a reference set of the version above." in wrong.content.decode()
    assert right.status_code == 302
    assert Campaign.objects.get().reference_set == frozen
