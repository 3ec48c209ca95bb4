"""Who holds a personal link: writing to them, and what becomes of the link."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps import audit
from apps.accounts.models import User
from apps.core.locking import locked
from apps.core.tenancy import current_schema
from apps.notifications import services as notifications
from apps.notifications.kinds import KINDS, Kind
from apps.notifications.models import Message
from apps.outreach.links import H, PersonalLinks, links_of
from apps.tenants.hosts import base_url
from apps.tenants.models import Tenant


def write_to(
    holders: Sequence[H],
    links: PersonalLinks[H],
    kind: Kind,
    occasion: Callable[[H], str],
    facts: dict[str, Any],
    *,
    now: datetime,
) -> None:
    """Write one message of a kind to each, with their link: to nobody twice on the same ``occasion``."""
    head = _letterhead()
    drafts = [_draft(one, links, kind, occasion(one), facts, head) for one in holders]
    notifications.enqueue_all(drafts, now=now)


def rewrite(
    messages: Sequence[tuple[Message, H]], links: PersonalLinks[H], facts: Callable[[H], dict[str, Any]]
) -> dict[UUID, notifications.Draft]:
    """What messages that ``write_to`` made say as things stand now, each to its holder."""
    head = _letterhead()
    return {
        message.pk: _draft(one, links, KINDS[message.kind], message.occasion, facts(one), head, message.channel)
        for message, one in messages
    }


def _letterhead() -> tuple[str, str]:
    """The organisation, and where it is served."""
    return Tenant.objects.filter(schema_name=current_schema()).values_list("name", flat=True).get(), base_url()


def _draft(
    holder: H,
    links: PersonalLinks[H],
    kind: Kind,
    occasion: str,
    facts: dict[str, Any],
    head: tuple[str, str],
    channel: str = "",
) -> notifications.Draft:
    """``channel``: the one of a message that is there; otherwise the first on which the person is reached."""
    person, (organisation, base) = holder.person, head
    channel = channel or kind.channel_for(person)
    own = {"organisation": organisation, "name": person.name, "link": links.url_for(holder, base)}
    return notifications.Draft(
        kind,
        about=holder.about,
        recipient=holder.pk,
        address=person.address_for(channel),
        occasion=occasion,
        facts={**facts, **own},
        language=person.language,
        channel=channel,
    )


def note_opened(holder: H, *, now: datetime) -> None:
    """Remember the day on which the person first did something behind the link.

    The day alone: often it is the first answer that tells, and its minute would lead from the person to the answer.
    """
    if holder.opened_at is None:
        holder.opened_at = now.replace(hour=0, minute=0, second=0, microsecond=0)
        type(holder)._default_manager.filter(pk=holder.pk, opened_at=None).update(opened_at=holder.opened_at)


def show_link(holder: H, *, acting_user: User, now: datetime) -> str:
    """The address of the link, for the telephone or another channel; who looked is on record."""
    audit.record(f"{holder._meta.model_name}.link_shown", now=now, target=holder, actor=acting_user)
    return links_of(holder).url_for(holder)


@transaction.atomic
def revoke_link(holder: H, *, acting_user: User | None, now: datetime) -> H:
    """Withdraw the personal link; what was sent through it stays and counts."""
    holder = locked(type(holder)._default_manager.all(), holder.pk)
    if holder.revoked_at is None:
        holder.revoked_at = now
        holder.save(update_fields=["revoked_at"])
        notifications.cancel(holder.about, holder.pk, now=now)
        audit.record(f"{holder._meta.model_name}.revoked", now=now, target=holder, actor=acting_user)
    return holder


def replace_link(holder: H, *, acting_user: User | None, now: datetime) -> None:
    """Give a holder, locked by the caller, a new link: the old one opens nothing, and what waits with it is not sent.

    Saves ``invited_at``, too: the caller knows whether the new link is sent.
    """
    holder.link_version += 1
    holder.revoked_at = None
    notifications.cancel(holder.about, holder.pk, now=now)
    holder.save(update_fields=["link_version", "revoked_at", "invited_at"])
    audit.record(f"{holder._meta.model_name}.renewed", now=now, target=holder, actor=acting_user)
