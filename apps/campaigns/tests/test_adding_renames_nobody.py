"""A known address with another name is pointed at: nobody is renamed but by who says so."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.campaigns import services
from apps.campaigns.models import Campaign, Stakeholder
from apps.campaigns.tests.story import BO, HOST, Clock
from apps.outreach.acquaintances import KnownByAnotherName
from apps.outreach.contacts import Contact

pytestmark = pytest.mark.requirement("CAMP-001")
OTHER = Contact("Bob", "bo@example.org", "Board")


def known() -> Stakeholder:
    return services.find_by_email(BO.email).get()


def add(browser: Client, campaign: Campaign, body: Any) -> Any:
    path = f"/api/v1/campaigns/{campaign.pk}/participations/"
    return browser.post(path, json.dumps(body), content_type="application/json", headers=HOST)


@pytest.mark.parametrize("email", ["bo@example.org", "BO@EXAMPLE.ORG", "bo@exam\u00adple.org", "\u200bbo@example.org "])
def test_the_service_renames_nobody(draft: Campaign, ada: User, clock: Clock, email: str) -> None:
    with pytest.raises(KnownByAnotherName, match=r"known as Bo Berg \(Staff\), not as Bob \(Board\)"):
        services.add_stakeholders(draft, [Contact("Bob", email, "Board")], acting_user=ada, now=clock.moment)

    assert (known().name, known().group) == ("Bo Berg", "Staff")


def test_all_or_nobody_is_added(draft: Campaign, ada: User, clock: Clock) -> None:
    with pytest.raises(KnownByAnotherName):
        services.add_stakeholders(draft, [Contact("Di", "di@example.org"), OTHER], acting_user=ada, now=clock.moment)

    assert not services.find_by_email("di@example.org").exists()


def test_one_address_with_two_names_is_refused(draft: Campaign, ada: User, clock: Clock) -> None:
    two = [Contact("Ida", "adar@example.org"), Contact("Ada", "ADAR@example.org")]
    with pytest.raises(KnownByAnotherName, match="appears twice, as Ada and as Ida"):
        services.add_stakeholders(draft, two, acting_user=ada, now=clock.moment)


def test_the_api_points_at_the_row(staff: Client, draft: Campaign) -> None:
    refused = add(staff, draft, [{"name": "Di", "email": "di@example.org"}, {"name": "Bob", "email": BO.email}])

    assert (refused.status_code, refused.json()["code"]) == (422, "known_by_another_name")
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/1/name"]
    assert known().name == "Bo Berg"
    assert add(staff, draft, {"name": "Bob", "email": BO.email}).json()["errors"][0]["pointer"] == "/name"


def test_the_api_renames_when_it_is_said(staff: Client, draft: Campaign) -> None:
    renamed = add(staff, draft, {"name": "Bob", "email": BO.email, "group": "Board", "rename": True})

    assert renamed.status_code == 201
    assert (known().name, known().group) == ("Bob", "Board")
    assert AuditEntry.objects.filter(action="stakeholder.changed", object_id=str(known().pk)).exists()


def test_the_page_asks_and_renames_when_it_is_ticked(staff: Client, draft: Campaign) -> None:
    path = f"/campaigns/{draft.pk}/stakeholders/"

    refused = staff.post(path, {"stakeholders": "Bob, bo@example.org"})
    assert refused.status_code == 422
    assert "bo@example.org is known as Bo Berg (Staff), not as Bob. Rename them?" in refused.content.decode()
    assert "Bob, bo@example.org</textarea>" in refused.content.decode()

    assert staff.post(path, {"stakeholders": "Bob, bo@example.org", "rename": "on"}).status_code == 302
    assert known().name == "Bob"


def test_field_and_file_are_one_list(staff: Client, draft: Campaign) -> None:
    file = SimpleUploadedFile("people.csv", b"Name,Email\nAda,adar@example.org\n", "text/csv")
    path = f"/campaigns/{draft.pk}/stakeholders/"

    refused = staff.post(path, {"stakeholders": "Ida,ADAR@example.org", "file": file})

    assert refused.status_code == 422
    assert "adar@example.org is also in the field above." in refused.content.decode()
    assert not services.find_by_email("adar@example.org").exists()
