"""Contacts are erased from the screen, after a page that says what it means."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.campaigns import services, subscribers
from apps.campaigns.models import Campaign, Stakeholder
from apps.campaigns.tests.story import BO, HOST, Clock, make_user, part_of
from apps.campaigns.tests.test_admin import admin  # noqa: F401  a fixture
from apps.campaigns.tests.test_keys_of_people import stakeholder

pytestmark = pytest.mark.requirement("COMP-001")
SAID = ("Bo Berg", "cannot be undone", "What is destroyed", "What stays")


def erased() -> list[str]:
    """What the trail has of it: on whom it was done."""
    return list(AuditEntry.objects.filter(action="stakeholder.erased").values_list("object_id", flat=True))


def test_whoever_runs_a_campaign_erases_a_contact_from_their_page(campaign: Campaign, staff: Client) -> None:
    bo = part_of(campaign, BO)
    page, deed = (reverse(f"campaigns:{one}", args=[campaign.pk, bo.pk]) for one in ("person", "erase-person"))
    assert deed in staff.get(page).content.decode()

    asked = staff.get(deed).content.decode()
    assert [one for one in SAID if one not in asked] == []
    assert erased() == []
    done = staff.post(deed, follow=True)

    assert done.redirect_chain == [(page, 302)]
    assert "Send a new link" not in done.content.decode()
    assert Stakeholder.objects.get(pk=bo.stakeholder_id).name == "Erased"
    assert erased() == [str(bo.stakeholder_id)]


@pytest.mark.requirement("SEC-AUTH-002")
@pytest.mark.parametrize("permissions", [["campaigns:tenant:manage", "stakeholders:tenant:update"]])
def test_without_the_right_to_delete_people_nobody_is_offered_or_does_it(
    campaign: Campaign, clock: Clock, permissions: list[str]
) -> None:
    user = User.objects.create(email="pat@acme.example", created_at=clock.moment)
    role = accounts.create_role("pat", name="R", permissions=permissions, acting_user=None, now=clock.moment)
    accounts.grant_role(user, role, acting_user=None, now=clock.moment)
    browser = Client(headers=HOST)
    browser.force_login(user)
    ids = [campaign.pk, part_of(campaign, BO).pk]
    deed = reverse("campaigns:erase-person", args=ids)

    assert deed not in browser.get(reverse("campaigns:person", args=ids)).content.decode()
    assert (browser.get(deed).status_code, browser.post(deed).status_code) == (403, 403)
    assert erased() == []


def test_administrators_erase_a_contact_from_the_administration(
    campaign: Campaign,
    clock: Clock,
    admin: Client,  # noqa: F811  the fixture
) -> None:
    bo = stakeholder()
    page = f"/admin/campaigns/stakeholder/{bo.pk}/"
    assert f"{page}erase/" in admin.get(f"{page}change/").content.decode()

    asked = admin.get(f"{page}erase/").content.decode()
    assert [one for one in SAID if one not in asked] == []
    done = admin.post(f"{page}erase/", follow=True)

    assert done.redirect_chain == [(f"{page}change/", 302)]
    assert f"{page}erase/" not in done.content.decode()
    assert admin.get(f"/admin/campaigns/stakeholder/{uuid4()}/erase/").status_code == 404
    admin.force_login(make_user("custodian@acme.example", clock.moment, role="key_custodian"))
    assert admin.get(f"{page}erase/").status_code == 403
    assert erased() == [str(bo.pk)]


def test_a_contact_does_not_tell_whose_an_erased_account_was(campaign: Campaign, ada: User, clock: Clock) -> None:
    user = User.objects.create(email=BO.email, created_at=clock.moment)
    services.link_user(user.pk)
    assert stakeholder().user == user

    accounts.erase_user(user, acting_user=None, now=clock.moment)
    event: Any = SimpleNamespace(payload={"user_id": str(user.pk)})
    subscribers.unlink_user(event)

    assert (stakeholder().user, stakeholder().name) == (None, "Bo Berg")
