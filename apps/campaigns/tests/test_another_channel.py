"""People who are reached on a channel of their own are invited there, and the monitor shows what became of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.campaigns import services
from apps.campaigns.links import LINKS
from apps.campaigns.messages import INVITATION, REMINDER
from apps.campaigns.models import Campaign, Participation, Stakeholder
from apps.campaigns.tests.story import BO, CY, Clock, Post, deliver_everything, part_of, path_of
from apps.notifications import services as notifications
from apps.notifications.channels.base import CHANNELS, Outcome, declare
from apps.notifications.kinds import KINDS
from apps.notifications.models import Message
from apps.notifications.tests.fake_channel import FakeChannel
from apps.outreach import links

pytestmark = pytest.mark.requirement("CAMP-002")
State = Message.State
#: The group stands in for a field with a telephone number: Bo has one, Cy has none.
NUMBERS = {BO: "+49 1", CY: ""}


@pytest.fixture
def fake(draft: Campaign, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeChannel]:
    for contact, number in NUMBERS.items():
        Stakeholder.objects.filter(pk=part_of(draft, contact).stakeholder_id).update(group=number)
    monkeypatch.setattr(Stakeholder, "ADDRESSES", {"email": "email", "fake": "group"})
    folder = tmp_path / "campaigns" / "messages"
    folder.mkdir(parents=True)
    for kind in (INVITATION, REMINDER):
        on_both = replace(kind, channels=("fake", "email"))
        monkeypatch.setitem(KINDS, kind.name, on_both)
        (folder / f"{kind.name}.fake.txt").write_text("{{ name }}: {{ link }}", encoding="utf-8")
    written = replace(LINKS, invitation=KINDS[INVITATION.name], reminder=KINDS[REMINDER.name])
    monkeypatch.setattr(links, "_kinds", links._kinds | {Participation: written})
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    yield declare(FakeChannel())
    del CHANNELS["fake"]


@pytest.fixture
def opened(draft: Campaign, fake: FakeChannel, ada: User, clock: Clock, post: Post) -> Campaign:
    return services.open_campaign(draft, acting_user=ada, now=clock.moment)


def test_everybody_is_invited_where_they_are_reached(
    opened: Campaign, fake: FakeChannel, clock: Clock, post: Post
) -> None:
    deliver_everything(clock)

    [(number, text)] = fake.sent
    assert (number, text.split("http")[0]) == ("+491", "Bo Berg: ")
    assert text.strip().endswith(path_of(part_of(opened, BO)))
    assert [len(post.to(one)) for one in (BO, CY)] == [0, 1]


def test_what_waits_on_a_channel_is_renewed_for_that_channel(
    opened: Campaign, fake: FakeChannel, clock: Clock, post: Post
) -> None:
    services.invite_next_batch(opened.pk, now=clock.moment)
    Stakeholder.objects.filter(pk=part_of(opened, BO).stakeholder_id).update(group="+49 2")
    Stakeholder.objects.filter(pk=part_of(opened, CY).stakeholder_id).update(group="+49 3")

    deliver_everything(clock)

    assert [number for number, _ in fake.sent] == ["+492"]
    assert [len(post.to(one)) for one in (BO, CY)] == [0, 1]


def test_whoever_is_not_reached_there_any_more_is_shown_as_not_reached(
    opened: Campaign, fake: FakeChannel, clock: Clock, post: Post, ada: User
) -> None:
    services.invite_next_batch(opened.pk, now=clock.moment)
    Stakeholder.objects.filter(pk=part_of(opened, BO).stakeholder_id).update(group="")
    deliver_everything(clock)

    bo = part_of(opened, BO)
    assert [one.state for one in notifications.messages_to(bo.about, bo.pk)] == [State.FAILED]
    assert (len(fake.sent), len(post.to(BO))) == (0, 0)


def test_the_monitor_shows_what_became_of_it_on_any_channel(
    opened: Campaign, fake: FakeChannel, clock: Clock, staff: Client
) -> None:
    fake.answer = lambda message: Outcome(message, "unknown number", is_final=True)
    deliver_everything(clock)

    page = staff.get(f"/campaigns/{opened.pk}/").content.decode()

    assert page.count('title="unknown number"') == 1


def test_reminders_go_the_same_way_and_are_taken_back_on_it(
    opened: Campaign, fake: FakeChannel, clock: Clock, ada: User
) -> None:
    deliver_everything(clock)
    clock.forward(days=1)
    services.remind(opened, acting_user=ada, now=clock.moment)
    services.remind_next_batch(opened.pk, day=f"{clock.moment:%Y-%m-%d}", after="", now=clock.moment)
    bo = part_of(opened, BO)
    services.send_answers(bo, now=clock.moment)

    deliver_everything(clock)

    sent = notifications.messages_to(bo.about, bo.pk)
    assert [(one.channel, one.purpose, one.state) for one in sent] == [
        ("fake", "reminder", State.CANCELLED),
        ("fake", "invitation", State.SENT),
    ]


def test_with_another_number_the_link_that_went_to_the_old_one_dies(opened: Campaign, ada: User, clock: Clock) -> None:
    services.invite_next_batch(opened.pk, now=clock.moment)
    before = part_of(opened, BO)

    services.change_stakeholder(before.stakeholder, {"group": "+49 2"}, acting_user=ada, now=clock.moment)

    assert LINKS.find(LINKS.token_for(before), now=clock.moment).state is links.LinkState.WITHDRAWN
    assert part_of(opened, BO).link_version == before.link_version + 1
