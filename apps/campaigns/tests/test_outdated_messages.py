"""What waits in the queue is looked at once more before it leaves: people answer, links are withdrawn, names change."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.campaigns import services
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.tests.story import BO, CY, Clock, Post, deliver_everything, link_in, part_of, path_of
from apps.models.models import Response
from apps.notifications import services as notifications
from apps.notifications.models import Message

State = Message.State


@pytest.fixture
def reminded(campaign: Campaign, ada: User, clock: Clock, post: Post) -> Campaign:
    """Bo and Cy are invited; their reminders are written, and none has left."""
    deliver_everything(clock)
    clock.forward(days=1)
    services.remind(campaign, acting_user=ada, now=clock.moment)
    services.remind_next_batch(campaign.pk, day=f"{clock.moment:%Y-%m-%d}", after="", now=clock.moment)
    return campaign


def send_all(clock: Clock) -> None:
    notifications.deliver([str(one) for one in Message.objects.values_list("pk", flat=True)], now=clock.moment)


def reminder_of(person: Participation) -> Message:
    return notifications.messages_to(person.about, person.pk).get(purpose="reminder")


def subjects(post: Post) -> dict[str, list[str]]:
    return {one.email: [each.message["Subject"] for each in post.to(one)] for one in (BO, CY)}


@pytest.mark.requirement("CAMP-002")
def test_whoever_answers_is_not_reminded_any_more(reminded: Campaign, clock: Clock, post: Post) -> None:
    bo = part_of(reminded, BO)
    services.send_answers(bo, now=clock.moment)

    deliver_everything(clock)

    assert reminder_of(bo).state == State.CANCELLED
    assert [len(mails) for mails in subjects(post).values()] == [1, 2]


def test_the_reminder_of_who_has_just_answered_is_held_back_even_before_the_event_arrives(
    reminded: Campaign, clock: Clock, post: Post
) -> None:
    bo = part_of(reminded, BO)
    services.send_answers(bo, now=clock.moment)

    send_all(clock)

    assert reminder_of(bo).state == State.CANCELLED
    assert len(post.to(BO)) == 1


@pytest.mark.requirement("COMP-001")
def test_the_trail_does_not_say_whose_reminder_was_taken_back(reminded: Campaign, clock: Clock) -> None:
    bo = part_of(reminded, BO)
    services.send_answers(bo, now=clock.moment)

    deliver_everything(clock)

    entries = AuditEntry.objects.filter(action="message.cancelled")
    assert [one.details for one in entries] == [{"count": 1}]
    assert {one.object_id for one in entries} == {""}


def test_nothing_leaves_through_a_link_that_was_withdrawn(
    reminded: Campaign, ada: User, clock: Clock, post: Post
) -> None:
    Participation.objects.filter(pk=part_of(reminded, BO).pk).update(revoked_at=clock.moment)

    send_all(clock)

    assert [len(mails) for mails in subjects(post).values()] == [1, 2]


@pytest.mark.requirement("COMP-001")
def test_a_link_that_opens_answers_does_not_follow_to_another_address(
    reminded: Campaign, ada: User, clock: Clock, post: Post
) -> None:
    bo = part_of(reminded, BO)
    Response.objects.filter(participation=bo).update(started_at=clock.moment)
    services.change_stakeholder(bo.stakeholder, {"email": "other@example.org"}, acting_user=ada, now=clock.moment)

    send_all(clock)

    assert part_of(reminded, replace(BO, email="other@example.org")).is_sealed
    assert reminder_of(bo).state == State.CANCELLED
    assert post.to(replace(BO, email="other@example.org")) == []


def test_what_waits_is_taken_back_with_the_link_and_for_nobody_else(
    reminded: Campaign, ada: User, clock: Clock
) -> None:
    services.revoke_link(part_of(reminded, BO), acting_user=ada, now=clock.moment)

    assert {one.address for one in Message.objects.filter(state=State.QUEUED)} == {CY.email}
    assert {one.address for one in Message.objects.filter(state=State.CANCELLED)} == {BO.email}


def test_nobody_is_invited_whose_link_was_withdrawn_before(
    draft: Campaign, ada: User, clock: Clock, post: Post
) -> None:
    services.revoke_link(part_of(draft, BO), acting_user=ada, now=clock.moment)
    services.open_campaign(draft, acting_user=ada, now=clock.moment)

    assert services.invite_next_batch(draft.pk, now=clock.moment) == 1
    send_all(clock)

    assert part_of(draft, BO).invited_at is None
    assert [len(mails) for mails in subjects(post).values()] == [0, 1]


def test_nothing_leaves_after_the_closing_date(reminded: Campaign, clock: Clock, post: Post) -> None:
    clock.forward(days=20)

    send_all(clock)

    assert {one.state for one in Message.objects.filter(kind="reminder")} == {State.CANCELLED}


def test_an_invitation_with_a_link_that_was_replaced_is_not_sent(campaign: Campaign, clock: Clock, post: Post) -> None:
    services.invite_next_batch(campaign.pk, now=clock.moment)
    Participation.objects.filter(pk=part_of(campaign, BO).pk).update(link_version=2)

    send_all(clock)

    assert [len(mails) for mails in subjects(post).values()] == [0, 1]


def test_a_message_goes_to_the_address_by_the_name_and_with_the_date_of_now(
    reminded: Campaign, ada: User, clock: Clock, post: Post
) -> None:
    bo = part_of(reminded, BO)
    changes = {"email": "bo.new@example.org", "name": "Bo Nord"}
    services.change_stakeholder(bo.stakeholder, changes, acting_user=ada, now=clock.moment)
    closes_at = clock.moment + timedelta(days=60)
    services.extend_campaign(reminded, closes_at, acting_user=ada, now=clock.moment)

    send_all(clock)

    [letter] = [one for one in post.mails if "bo.new@example.org" in one.recipients]
    text = letter.message.get_content()
    assert "Bo Nord" in text
    assert str(closes_at.year) in text
    assert link_in(letter) == path_of(part_of(reminded, type(BO)("", "bo.new@example.org", "")))
    assert len(post.to(BO)) == 1
    assert reminder_of(bo).state == State.CANCELLED  # its link went to the old address, too: a new one was sent


def test_what_is_cancelled_while_it_is_being_sent_stays_cancelled_and_says_when_it_left(
    reminded: Campaign, clock: Clock, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    bo, real = part_of(reminded, BO), mail.EmailMessage

    def letter(*parts: Any, **more: Any) -> Any:
        if "bo@example.org" in parts[3]:
            notifications.cancel(bo.about, bo.pk, now=clock.moment)
        return real(*parts, **more)

    monkeypatch.setattr("apps.notifications.channels.email.EmailMessage", letter)

    send_all(clock)

    assert (reminder_of(bo).state, reminder_of(bo).sent_at) == (State.CANCELLED, clock.moment)
    assert reminder_of(part_of(reminded, CY)).state == State.SENT


def test_what_is_cancelled_after_it_was_claimed_does_not_leave(
    reminded: Campaign, clock: Clock, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, bo = mail.get_connection, part_of(reminded, BO)

    def connect(**_: Any) -> Any:
        notifications.cancel(bo.about, bo.pk, now=clock.moment)
        return real()

    monkeypatch.setattr("apps.notifications.channels.email.get_connection", connect)

    send_all(clock)

    assert [len(mails) for mails in subjects(post).values()] == [1, 2]
    assert (reminder_of(bo).state, reminder_of(bo).sent_at) == (State.CANCELLED, None)
