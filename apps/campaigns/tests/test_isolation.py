"""Two tenants with the same story: neither sees anything of the other's."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from apps.accounts.models import User
from apps.campaigns import services
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.tests.story import BO, Clock, Post, deliver_everything, make_user, make_version
from apps.models.services import create_subject

pytestmark = pytest.mark.requirement("CAMP-001")


@pytest.fixture
def theirs(beta: Any, clock: Clock) -> Campaign:
    """An open campaign of beta."""
    with tenant_context(beta):
        campaign = services.create_campaign(
            name="Beta's secret",
            version=make_version(clock.moment),
            subject=create_subject(code="beta", name="Beta's harbour", acting_user=None, now=clock.moment),
            closes_at=clock.moment + timedelta(days=3),
            acting_user=None,
            now=clock.moment,
        )
        services.add_stakeholders(campaign, [BO], acting_user=None, now=clock.moment)
        return services.open_campaign(campaign, acting_user=None, now=clock.moment)


def test_lists_show_ones_own(campaign: Campaign, theirs: Campaign, staff: Client) -> None:
    for page in ("/", "/campaigns/", "/api/v1/campaigns/", "/api/v1/stakeholders/"):
        shown = staff.get(page).content.decode()
        assert "Beta" not in shown, page


@pytest.mark.parametrize("path", ["/campaigns/{}/", "/campaigns/{}/results/", "/api/v1/campaigns/{}/"])
def test_a_foreign_campaign_is_not_found(ada: User, theirs: Campaign, staff: Client, path: str) -> None:
    assert staff.get(path.format(theirs.pk)).status_code == 404


def test_a_session_is_worth_nothing_in_the_other_tenant(theirs: Campaign, staff: Client) -> None:
    response = staff.get("/campaigns/", headers={"host": "beta.localhost"})

    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")


def test_invitations_of_one_tenant_are_sent_from_there(
    campaign: Campaign, theirs: Campaign, beta: Any, clock: Clock, post: Post
) -> None:
    with tenant_context(beta):
        deliver_everything(clock)
        assert not Participation.objects.filter(invited_at=None).exists()
    assert campaign.participations.filter(invited_at=None).count() == 2

    assert [mail.message["X-Resimate-Tenant"] for mail in post.mails] == ["beta"]
    assert "http://beta.localhost" in post.mails[0].message.get_content()


def test_a_user_with_the_same_address_there_sees_nothing_here(
    campaign: Campaign, theirs: Campaign, beta: Any, clock: Clock
) -> None:
    with tenant_context(beta):
        user = make_user(BO.email, clock.moment, role="stakeholder")
        services.link_user(user.pk)
        browser = Client(headers={"host": "beta.localhost"})
        browser.force_login(user)
        home = browser.get("/").content.decode()

    assert "Beta&#x27;s secret" in home
    assert "Spring check" not in home
