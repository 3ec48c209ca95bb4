"""Who has an account and declines reminders gets none, whoever sends them; invitations and letters to others come."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.campaigns.services import NothingToRemind
from apps.campaigns.tests.story import BO, CY, Clock, deliver_everything, part_of
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("UC-001")

NONE = {"reminder": {"email": False}}


def _account(clock: Clock, **chosen: str) -> User:
    user = accounts.create_user(BO.email.upper(), password="seven purple bicycles", now=clock.moment)
    return accounts.change_user(user, acting_user=user, now=clock.moment, **chosen) if chosen else user


def _decline(user: User, clock: Clock) -> None:
    accounts.change_notifications(user, NONE, acting_user=user, now=clock.moment)


def _reminded() -> set[str]:
    return {str(one.address) for one in Message.objects.filter(kind="reminder", state="sent")}


def test_they_are_invited_and_not_reminded(draft: Campaign, ada: User, clock: Clock, post: Any) -> None:
    _decline(_account(clock), clock)
    campaign = services.open_campaign(draft, acting_user=ada, now=clock.moment)
    deliver_everything(clock)
    clock.forward(days=1)

    count = services.remind(campaign, acting_user=ada, now=clock.moment)
    deliver_everything(clock)
    with pytest.raises(NothingToRemind):
        services.remind_person(part_of(campaign, BO), acting_user=ada, now=clock.moment)

    assert {str(one.address) for one in Message.objects.filter(kind="invitation")} == {BO.email, CY.email}
    assert (count, _reminded()) == (1, {CY.email})


def test_what_waits_does_not_leave_once_it_is_declined(campaign: Campaign, ada: User, clock: Clock, post: Any) -> None:
    deliver_everything(clock)
    clock.forward(days=1)
    user = _account(clock)
    services.remind_person(part_of(campaign, BO), acting_user=ada, now=clock.moment)
    _decline(user, clock)
    deliver_everything(clock)

    assert _reminded() == set()


def test_times_are_told_in_their_zone_and_wishes_of_another_tenant_count_for_nothing(
    campaign: Campaign, ada: User, clock: Clock, post: Any, beta: Any
) -> None:
    deliver_everything(clock)
    clock.forward(days=1)
    _account(clock, time_zone="Asia/Tokyo")
    with tenant_context(beta):
        _decline(_account(clock), clock)
    services.remind(campaign, acting_user=ada, now=clock.moment)
    deliver_everything(clock)

    bodies = {str(one.address): str(one.body) for one in Message.objects.filter(kind="reminder", state="sent")}
    assert ["JST" in bodies[email] for email in (BO.email, CY.email)] == [True, False]
