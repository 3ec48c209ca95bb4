"""Services of a campaign's lifecycle ask for the right themselves: to create one takes ``campaigns:create``."""

from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.authz import NotPermitted
from apps.accounts.models import Grant, Role, User
from apps.campaigns.models import Campaign
from apps.campaigns.services import create_campaign
from apps.campaigns.tests.story import Clock
from apps.models.models import ModelVersion, Subject

pytestmark = pytest.mark.requirement("SEC-AUTH-002")


@pytest.mark.parametrize("action", ["create", "read"])
def test_who_only_reads_campaigns_creates_none(
    version: ModelVersion, harbour: Subject, clock: Clock, action: str
) -> None:
    rights = [f"campaigns:tenant:{action}", "models:tenant:read", "subjects:tenant:read"]
    user = User.objects.create(email="pat@acme.example", created_at=clock.moment)
    role = Role.objects.create(code="pats", name="Pats", permissions=rights)
    Grant.objects.create(user=user, role=role, granted_at=clock.moment)
    closes = clock.moment + timedelta(days=3)
    asked: dict[str, Any] = {"name": "Check", "version": version, "subject": harbour, "closes_at": closes}

    if action == "create":
        assert create_campaign(**asked, acting_user=user, now=clock.moment).owner == user
    else:
        with pytest.raises(NotPermitted):
            create_campaign(**asked, acting_user=user, now=clock.moment)
        assert not Campaign.objects.exists()
