"""The administration looks at campaigns and acts through the services."""

from typing import Any

import pytest
from django.test import Client

from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import HOST, Clock, make_user
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("CAMP-001")


@pytest.fixture
def admin(acme: Any, clock: Clock) -> Client:
    browser = Client(headers=HOST)
    browser.force_login(make_user("admin@acme.example", clock.moment, role="tenant_admin"))
    return browser


@pytest.mark.parametrize("page", ["campaigns/campaign", "campaigns/stakeholder", "notifications/message"])
def test_every_list_opens_and_adds_nothing(admin: Client, campaign: Campaign, page: str) -> None:
    assert admin.get(f"/admin/{page}/").status_code == 200
    assert admin.get(f"/admin/{page}/add/").status_code == 403


def test_nobody_edits_a_state(admin: Client, campaign: Campaign) -> None:
    url = f"/admin/campaigns/campaign/{campaign.pk}/change/"
    assert admin.get(url).status_code == 200

    admin.post(url, {"status": "draft", "name": "Changed"})

    campaign.refresh_from_db()
    assert (campaign.status, campaign.name) == (Campaign.Status.OPEN, "Spring check")


def test_actions_call_the_services(admin: Client, draft: Campaign) -> None:
    def act(action: str) -> str:
        chosen = {"action": action, "_selected_action": str(draft.pk)}
        return admin.post("/admin/campaigns/campaign/", chosen, follow=True).content.decode()

    act("open_selected")
    assert Campaign.objects.get().status == Campaign.Status.OPEN
    assert "Only a draft campaign can be opened." in act("open_selected")
    act("close_selected")
    assert Campaign.objects.get().status == Campaign.Status.CLOSED


@pytest.mark.requirement("CMS-002")
def test_no_page_of_the_administration_shows_a_personal_link(admin: Client, campaign: Campaign, clock: Clock) -> None:
    services.invite_next_batch(campaign.pk, now=clock.moment)
    message = Message.objects.first()
    assert message is not None
    assert "/a/" in message.body
    page = admin.get(f"/admin/notifications/message/{message.pk}/change/").content.decode()

    assert message.subject in page
    assert "/a/" not in page
    assert admin.get("/admin/notifications/message/?body__contains=a").status_code == 400
