"""A stakeholder who has an account is tied to it by the address, however both are spelt and whichever way they come."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.accounts.models import User
from apps.campaigns import services
from apps.campaigns.models import Campaign, Stakeholder
from apps.outreach.contacts import Contact

pytestmark = pytest.mark.requirement("UC-001")
EVE = Contact("Eve", "EVE@Acme.example", "Board")
Way = Callable[[Campaign, User, Any], Any]


def _changed(_campaign: Campaign, ada: User, now: Any) -> None:
    known = services.create_stakeholder(Contact("Eve", "else@acme.example"), acting_user=None, now=now)
    services.change_stakeholder(known, {"email": EVE.email}, acting_user=ada, now=now)


def _known_before(_campaign: Campaign, _ada: User, now: Any) -> None:
    Stakeholder.objects.create(name="Eve", email=EVE.email, created_at=now)
    services.link_user(User.objects.at(EVE.email).get().pk)


WAYS: dict[str, Way] = {
    "alone": lambda _, ada, now: services.create_stakeholder(EVE, acting_user=ada, now=now),
    "in a list": lambda _, ada, now: services.create_stakeholders([EVE], acting_user=ada, now=now),
    "to a campaign": lambda draft, ada, now: services.add_stakeholders(draft, [EVE], acting_user=ada, now=now),
    "by another address": _changed,
    "before the account": _known_before,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_stakeholder_gets_the_account_of_their_address(draft: Campaign, ada: User, clock: Any, way: str) -> None:
    eve = User.objects.create(email="eve@acme.example", created_at=clock.moment)

    WAYS[way](draft, ada, clock.moment)

    assert services.find_by_email(EVE.email).get().user_id == eve.pk
