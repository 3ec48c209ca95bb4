"""What waits for experts is looked at once more before it leaves."""

from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.elicitation import services
from apps.elicitation.models import Expert, WeightElicitation
from apps.elicitation.tests.story import BO, CY, POINTS, expert, judge
from apps.notifications import services as notifications
from apps.notifications.models import Message


@pytest.fixture
def reminded(budget: WeightElicitation, ana: User, now: Any) -> Any:
    """The elicitation is open, its experts are invited and reminded, and nothing has left yet."""
    services.remind(budget, acting_user=ana, now=now + timedelta(days=1))
    return WeightElicitation.objects.get(pk=budget.pk)


def wanted(now: Any) -> list[tuple[str, str]]:
    """What would leave now, and to whom."""
    ids = [str(one) for one in Message.objects.values_list("pk", flat=True)]
    return sorted((one.address, one.kind) for one in notifications._claim(ids, now + timedelta(days=1)))


@pytest.mark.requirement("CAMP-002")
def test_an_expert_who_has_sent_judgements_is_not_reminded(reminded: Any, now: Any) -> None:
    judge(reminded, BO, POINTS, now)

    assert [kind for address, kind in wanted(now) if address == BO.email] == ["elicitation_invitation"]
    assert len([kind for address, kind in wanted(now + timedelta(hours=1)) if address == CY.email]) == 2


def test_nothing_goes_to_an_expert_whose_link_was_withdrawn_or_who_is_gone(reminded: Any, now: Any) -> None:
    Expert.objects.filter(pk=expert(reminded, BO).pk).update(revoked_at=now)
    Expert.objects.filter(pk=expert(reminded, CY).pk).delete()

    assert wanted(now) == []
    assert {one.state for one in Message.objects.all()} == {Message.State.CANCELLED}


def test_what_waits_is_taken_back_with_the_link_and_for_nobody_else(reminded: Any, ana: User, now: Any) -> None:
    services.revoke_link(expert(reminded, BO), acting_user=ana, now=now)

    left = Message.objects.filter(state=Message.State.QUEUED)
    assert {one.address for one in left} == {CY.email}
    assert {one.address for one in Message.objects.filter(state=Message.State.CANCELLED)} == {BO.email}


def test_nothing_goes_to_experts_of_an_elicitation_that_is_closed(reminded: Any, now: Any) -> None:
    WeightElicitation.objects.filter(pk=reminded.pk).update(status=WeightElicitation.Status.CLOSED, closed_at=now)

    assert wanted(now) == []


def test_messages_follow_an_address_that_was_corrected(reminded: Any, now: Any) -> None:
    person = expert(reminded, BO)
    person.email = "bo.new@example.org"
    person.save()

    assert {address for address, _ in wanted(now)} == {"bo.new@example.org", CY.email}


def test_an_invitation_with_a_link_that_was_replaced_is_not_sent(reminded: Any, now: Any) -> None:
    Expert.objects.filter(pk=expert(reminded, BO).pk).update(link_version=2)

    assert [kind for address, kind in wanted(now) if address == BO.email] == ["elicitation_reminder"]
