"""One more kind of message with the personal link is a declaration: sent, renewed and taken back like the others."""

from pathlib import Path
from typing import Any

import pytest

from apps.accounts.models import User
from apps.campaigns import services
from apps.campaigns.links import LINKS
from apps.campaigns.messages import REMINDER
from apps.campaigns.models import Campaign, Participation, Stakeholder
from apps.campaigns.tests.story import BO, CY, Clock, Post, deliver_everything, link_in, part_of, path_of
from apps.notifications import kinds
from apps.notifications import services as notifications
from apps.notifications.kinds import KINDS, Kind
from apps.outreach import kinds as links_declared
from apps.outreach import links
from apps.outreach import services as outreach
from apps.outreach.services import messages

pytestmark = pytest.mark.requirement("CAMP-002")


@pytest.fixture
def last_call(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Kind:
    """A second reminder, declared as ``messages.py`` and ``links.py`` would."""
    monkeypatch.setattr(kinds, "KINDS", KINDS | {})
    monkeypatch.setattr(messages, "KINDS", kinds.KINDS)
    monkeypatch.setattr(notifications, "_renewals", notifications._renewals | {})
    monkeypatch.setattr(links, "_kinds", {who: one for who, one in links._kinds.items() if who is not Participation})
    folder = tmp_path / "campaigns" / "messages"
    folder.mkdir(parents=True)
    (folder / "last_call.subject.txt").write_text("{{ campaign }} closes soon", encoding="utf-8")
    (folder / "last_call.body.txt").write_text("{{ name }}: {{ link }}", encoding="utf-8")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    kind = kinds.declare("last_call", texts="campaigns/messages/last_call", purpose=REMINDER.purpose)
    links_declared.declare(
        Participation,
        LINKS.name,
        route=LINKS.route,
        rows=LINKS.rows,
        invitation=LINKS.invitation,
        reminder=LINKS.reminder,
        facts=LINKS.facts,
        others=(kind,),
    )
    return kind


@pytest.fixture
def called(campaign: Campaign, last_call: Kind, clock: Clock, post: Post) -> Campaign:
    """Both were invited, and wait for the last call."""
    deliver_everything(clock)
    parts = [part_of(campaign, one) for one in (BO, CY)]
    for _again in range(2):
        outreach.write(campaign, parts, last_call, occasion="2026-11-30", now=clock.moment)
    return campaign


def test_each_gets_it_once_with_their_link(called: Campaign, clock: Clock, post: Post) -> None:
    deliver_everything(clock)

    [_, call] = post.to(BO)
    assert call.message["Subject"] == "Spring check closes soon"
    assert call.message.get_content().startswith("Bo Berg: ")
    assert link_in(call) == path_of(part_of(called, BO))
    assert len(post.to(CY)) == 2


def test_it_says_what_is_true_when_it_leaves(called: Campaign, clock: Clock, post: Post, ada: User) -> None:
    bo = Stakeholder.objects.get(pk=part_of(called, BO).stakeholder_id)
    services.change_stakeholder(bo, {"name": "Bo Bergström"}, acting_user=ada, now=clock.moment)

    deliver_everything(clock)

    assert post.to(BO)[-1].message.get_content().startswith("Bo Bergström: ")


def test_whoever_has_answered_does_not_get_what_reminds(called: Campaign, clock: Clock, post: Post) -> None:
    services.send_answers(part_of(called, BO), now=clock.moment)

    deliver_everything(clock)

    assert [len(post.to(one)) for one in (BO, CY)] == [1, 2]


def test_it_counts_as_the_reminder_of_its_day(called: Campaign, clock: Clock) -> None:
    assert outreach.unreminded(called, called.participations.all(), day="2026-11-30") == set()


def test_what_the_links_do_not_declare_is_not_sent(campaign: Campaign, clock: Clock) -> None:
    stranger = Kind("stranger", "campaigns/messages/stranger", "reminder", ("email",))

    with pytest.raises(ValueError, match="messages of this kind', 'stranger'"):
        outreach.write(campaign, [part_of(campaign, BO)], stranger, occasion="1", now=clock.moment)
