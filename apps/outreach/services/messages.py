"""What people outside are written: invitations, reminders of which each gets one a day at most, and other kinds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts import services as accounts
from apps.accounts.services import Wishes
from apps.core.tenancy import current_schema
from apps.notifications import services as notifications
from apps.notifications.about import About
from apps.notifications.kinds import KINDS, Kind
from apps.notifications.models import Message
from apps.outreach.links import PersonalLinks, kinds, links_of
from apps.outreach.models import LinkHolder, Round
from apps.tenants.hosts import base_url
from apps.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The organisation, where it is served, and what those want who have an account there."""

    organisation: str
    base: str
    wishes_at: Callable[[str], Wishes]

    def wishes_of(self, holder: LinkHolder) -> Wishes:
        return self.wishes_at(str(holder.person.email))

    def is_for(self, holder: LinkHolder, kind: Kind, channel: str = "") -> bool:
        return self.wishes_of(holder).take(kind.purpose, channel or kind.channel_for(holder.person))


def invite(round: Round, holders: Sequence[LinkHolder], *, now: datetime) -> None:
    """Send each their present link, and note when."""
    send_links(round, holders, now=now)
    for model in {type(one) for one in holders}:
        model._default_manager.filter(pk__in=[one.pk for one in holders]).update(invited_at=now)


def send_links(round: Round, holders: Sequence[LinkHolder], *, now: datetime) -> None:
    """Send each their present link: to nobody the same one twice."""
    _write(round, holders, lambda links: links.invitation, lambda one: str(one.link_version), now)


def remind(round: Round, holders: Sequence[LinkHolder], *, day: str, now: datetime) -> None:
    """Remind each of their link: nobody twice on one ``day``."""
    _write(round, holders, lambda links: links.reminder, lambda one: day, now)


def write(round: Round, holders: Sequence[LinkHolder], kind: Kind, *, occasion: str, now: datetime) -> None:
    """Send each a message of one of the ``others`` that their links declare: nobody twice on one ``occasion``.

    One with the purpose of the reminder is taken back with it, and ``unreminded`` counts it.
    """
    if any(kind not in links_of(type(one)).others for one in holders):
        raise ValueError("no personal links declare messages of this kind", kind.name)
    _write(round, holders, lambda links: kind, lambda one: occasion, now)


def day_of(now: datetime) -> str:
    """The day of a reminder."""
    return f"{now:%Y-%m-%d}"


def unreminded(round: Round, silent: QuerySet[Any], *, day: str) -> set[UUID]:
    """The ids of those of the holders who were not reminded on the day, and do not decline it."""
    links = links_of(silent.model)
    left = set(silent.values_list("pk", flat=True)) - notifications.have_got(
        About.of(round), links.reminder.purpose, day
    )
    if not left or not accounts.anybody_declines(links.reminder.purpose):
        return left
    holders = [*links.rows().filter(pk__in=left)]
    head = _letterhead(holders)
    return {one.pk for one in holders if head.is_for(one, links.reminder)}


def withdraw_reminders(holder: LinkHolder, *, now: datetime) -> None:
    """Whoever has answered is not reminded. The trail does not say who that was at this moment."""
    purpose = links_of(type(holder)).reminder.purpose
    notifications.cancel(holder.about, holder.pk, purpose=purpose, now=now, is_named=False)


def present_drafts(messages: Sequence[Message], now: datetime) -> dict[UUID, notifications.Draft]:
    """What messages that wait say now, to those who still need them: by the present name, address and dates."""
    pairs = [(links, *pair) for links in kinds() for pair in _with_holders(messages, links)]
    head = _letterhead([holder for _links, _message, holder in pairs])
    return {
        message.pk: _draft(
            holder, KINDS[message.kind], message.occasion, links.facts(holder.round), head, message.channel
        )
        for links, message, holder in pairs
        if _is_wanted(message, holder, now) and head.is_for(holder, KINDS[message.kind], message.channel)
    }


def _with_holders(messages: Sequence[Message], links: PersonalLinks[Any]) -> Iterable[tuple[Message, LinkHolder]]:
    names = {kind.name for kind in links.messages}
    mine = [one for one in messages if one.kind in names]
    holders = links.rows().in_bulk({one.recipient_id for one in mine}) if mine else {}
    return [(one, holders[one.recipient_id]) for one in mine if one.recipient_id in holders]


def _is_wanted(message: Message, holder: LinkHolder, now: datetime) -> bool:
    """Whether the round still asks this person, through the link that the message carries."""
    if not holder.may_get_link or not holder.round.accepts_answers_at(now):
        return False
    links = links_of(type(holder))
    if message.kind == links.invitation.name:
        return message.occasion == str(holder.link_version)
    return message.purpose != links.reminder.purpose or (holder.can_answer and not holder.has_answered)


def _write(
    round: Round,
    holders: Sequence[LinkHolder],
    kind: Callable[[PersonalLinks[Any]], Kind],
    occasion: Callable[[LinkHolder], str],
    now: datetime,
) -> None:
    holders = [one for one in holders if not one.person.is_erased]
    if not holders:
        return
    links, head = links_of(type(holders[0])), _letterhead(holders)
    facts, wanted = links.facts(round), [one for one in holders if head.is_for(one, kind(links))]
    drafts = [_draft(one, kind(links), occasion(one), facts, head) for one in wanted]
    notifications.enqueue_all(drafts, now=now)


def _letterhead(holders: Iterable[LinkHolder]) -> Letterhead:
    name = Tenant.objects.filter(schema_name=current_schema()).values_list("name", flat=True).get()
    emails = [str(one.person.email) for one in holders if not one.person.is_erased]
    return Letterhead(name, base_url(), accounts.wishes_at(emails))


def _draft(
    holder: LinkHolder, kind: Kind, occasion: str, facts: dict[str, Any], head: Letterhead, channel: str = ""
) -> notifications.Draft:
    """``channel``: the one of a message that is there; otherwise the first on which the person is reached."""
    person = holder.person
    channel = channel or kind.channel_for(person)
    own = {
        "organisation": head.organisation,
        "name": person.name,
        "link": links_of(type(holder)).url_for(holder, head.base),
    }
    return notifications.Draft(
        kind,
        about=holder.about,
        recipient=holder.pk,
        address=person.address_for(channel),
        occasion=occasion,
        facts={**facts, **own},
        language=person.language,
        channel=channel,
        under=person.key,
        time_zone=head.wishes_of(holder).time_zone,
    )
