"""What becomes of a personal link: opened, shown, withdrawn, replaced."""

from datetime import datetime

from django.db import transaction

from apps import audit
from apps.accounts.models import User
from apps.core.locking import lock, locked
from apps.notifications import services as notifications
from apps.outreach.links import H, links_of
from apps.outreach.services.erasing import refuse_erased


def locked_holder(holder: H) -> H:
    """Lock the round, then the holder: the order of whoever writes to people. Raises ``Gone``."""
    lock(type(holder.round)._default_manager.filter(pk=holder.about.id))
    return locked(links_of(type(holder)).rows(), holder.pk)


def note_opened(holder: H, *, now: datetime) -> None:
    """Remember the day on which the person first did something behind the link.

    The day alone: often it is the first answer that tells, and its minute would lead from the person to the answer.
    """
    if holder.opened_at is None:
        holder.opened_at = now.replace(hour=0, minute=0, second=0, microsecond=0)
        type(holder)._default_manager.filter(pk=holder.pk, opened_at=None).update(opened_at=holder.opened_at)


def show_link(holder: H, *, acting_user: User, now: datetime) -> str:
    """The address of the link, for the telephone or another channel; who looked is on record. Raises ``Erased``."""
    refuse_erased(holder.person)
    audit.record(f"{holder._meta.model_name}.link_shown", now=now, target=holder, actor=acting_user)
    return links_of(type(holder)).url_for(holder)


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

    Saves ``invited_at``, too: the caller knows whether the new link is sent. Raises ``Erased``.
    """
    refuse_erased(holder.person)
    holder.link_version += 1
    holder.revoked_at = None
    notifications.cancel(holder.about, holder.pk, now=now)
    holder.save(update_fields=["link_version", "revoked_at", "invited_at"])
    audit.record(f"{holder._meta.model_name}.renewed", now=now, target=holder, actor=acting_user)
