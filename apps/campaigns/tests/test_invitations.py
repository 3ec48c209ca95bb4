"""Invitations and reminders: everybody once, whatever happens on the way."""

from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.campaigns import services
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.services import CampaignNotReady, Contact, NothingToRemind, invitations
from apps.campaigns.tests.story import BO, CY, Clock, Post, deliver_everything, link_in, part_of, path_of
from apps.core import events
from apps.core.models import EventDelivery
from apps.notifications.models import Message
from apps.outreach.services import messages as outreach

pytestmark = pytest.mark.requirement("CAMP-001", "CAMP-002")


def test_everybody_is_invited_by_e_mail_with_a_link_of_their_own(campaign: Campaign, clock: Clock, post: Post) -> None:
    deliver_everything(clock)

    bo, cy = post.to(BO), post.to(CY)
    assert (len(bo), len(cy)) == (1, 1)
    assert link_in(bo[0]) == path_of(part_of(campaign, BO))
    assert link_in(cy[0]) == path_of(part_of(campaign, CY))
    assert bo[0].message["Subject"] == "Acme asks for your view: Spring check"
    assert "Hello Bo Berg," in bo[0].message.get_content()
    assert "We want to be ready." in bo[0].message.get_content()
    assert "There are 5 questions." in bo[0].message.get_content()


def test_an_invitation_is_written_in_the_stakeholders_language(
    draft: Campaign, ada: User, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.utils.translation import get_language

    from apps.notifications import rendering

    def show_language(name: str, facts: dict[str, object]) -> str:
        return f"{facts['name']} {get_language()}"

    monkeypatch.setattr(rendering, "render_to_string", show_language)
    di = Contact("Di", "di@example.org", language="de")
    services.add_stakeholders(draft, [di], acting_user=ada, now=clock.moment)
    services.open_campaign(draft, acting_user=ada, now=clock.moment)

    services.invite_next_batch(draft.pk, now=clock.moment)

    assert set(Message.objects.values_list("subject", "language")) == {
        ("Di de", "de"),
        ("Bo Berg en", "en"),
        ("Cy Cole en", "en"),
    }


def test_an_event_that_comes_twice_invites_once(campaign: Campaign, clock: Clock, post: Post) -> None:
    deliver_everything(clock)
    EventDelivery.objects.filter(event__name="campaign.opened").update(state="pending", due_at=clock.moment)
    EventDelivery.objects.filter(event__name="message.enqueued").update(state="pending", due_at=clock.moment)

    deliver_everything(clock)

    assert len(post.mails) == 2


def test_a_worker_that_dies_half_way_leaves_nothing_half_done(
    campaign: Campaign, clock: Clock, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The messages and the mark that people were invited are one transaction."""
    monkeypatch.setattr(invitations, "BATCH", 1)
    real = outreach.send_links

    def dies(*arguments: Any, **named: Any) -> None:
        real(*arguments, **named)
        raise RuntimeError("killed")

    monkeypatch.setattr(outreach, "send_links", dies)
    events.deliver_due(clock.moment)
    assert not Message.objects.exists()
    assert not Participation.objects.filter(invited_at__isnull=False).exists()

    monkeypatch.setattr(outreach, "send_links", real)
    clock.forward(minutes=10)
    deliver_everything(clock)
    assert (len(post.to(BO)), len(post.to(CY))) == (1, 1)


def test_large_campaigns_are_invited_batch_by_batch(
    draft: Campaign, ada: User, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "BATCH", 3)
    crowd = [Contact(f"P{number}", f"p{number}@example.org") for number in range(7)]
    services.add_stakeholders(draft, crowd, acting_user=ada, now=clock.moment)
    services.open_campaign(draft, acting_user=ada, now=clock.moment)

    for _ in range(4):
        events.deliver_due(clock.moment)

    assert Message.objects.filter(kind="invitation").count() == 9
    assert not Participation.objects.filter(invited_at=None).exists()


def test_who_joins_an_open_campaign_is_invited_and_nobody_else_again(
    campaign: Campaign, ada: User, clock: Clock, post: Post
) -> None:
    deliver_everything(clock)
    di = Contact("Di", "di@example.org")

    added = services.add_stakeholders(campaign, [BO, di], acting_user=ada, now=clock.moment)
    deliver_everything(clock)

    assert (added.new, added.already) == (1, 1)
    assert len(post.to(di)) == 1
    assert len(post.to(BO)) == 1


def test_only_who_has_not_sent_answers_is_reminded(campaign: Campaign, ada: User, clock: Clock, post: Post) -> None:
    deliver_everything(clock)
    bo = part_of(campaign, BO)
    assert bo.response is not None
    bo.response.submitted_at = clock.forward(days=1)
    bo.response.save()

    assert services.remind(campaign, acting_user=ada, now=clock.moment) == 1
    deliver_everything(clock)

    assert [mail.message["Subject"] for mail in post.to(CY)][1:] == ["Reminder: Spring check"]
    assert len(post.to(BO)) == 1


def test_nobody_is_reminded_twice_a_day(campaign: Campaign, ada: User, clock: Clock, post: Post) -> None:
    deliver_everything(clock)
    services.remind(campaign, acting_user=ada, now=clock.moment)
    deliver_everything(clock)

    with pytest.raises(NothingToRemind):
        services.remind(campaign, acting_user=ada, now=clock.forward(hours=2))

    assert services.remind(campaign, acting_user=ada, now=clock.forward(days=1)) == 2


def test_a_closed_campaign_reminds_nobody(campaign: Campaign, ada: User, clock: Clock) -> None:
    with pytest.raises(CampaignNotReady):
        services.remind(campaign, acting_user=ada, now=campaign.closes_at + timedelta(seconds=1))


def test_a_campaign_closed_before_its_invitations_left_sends_none(
    campaign: Campaign, ada: User, clock: Clock, post: Post
) -> None:
    services.close_campaign(campaign, acting_user=ada, now=clock.moment)

    deliver_everything(clock)

    assert post.mails == []
