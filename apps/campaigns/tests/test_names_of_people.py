"""A person has a name that somebody can see, whoever sends it."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.campaigns.tests.story import HOST

pytestmark = pytest.mark.requirement("CAMP-001")


@pytest.mark.parametrize("path", ["stakeholders/", "campaigns/{}/participations/"], ids=["known", "asked"])
def test_a_name_of_nothing_that_shows_is_refused(ada: User, draft: Campaign, path: str) -> None:
    client = Client(headers=HOST)
    client.force_login(ada)
    body = {"name": "\u200b\u202e", "email": "eve@example.org"}

    refused = client.post(f"/api/v1/{path.format(draft.pk)}", body, content_type="application/json")

    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [("/name", "blank")]
    assert not services.find_by_email("eve@example.org").exists()
