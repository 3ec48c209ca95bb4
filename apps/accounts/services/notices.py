"""What an owner is told of their account: whoever has got in unseen cannot keep these letters from them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model
from django_tenants.utils import get_public_schema_name

from apps.accounts.models import User
from apps.core.tenancy import current_schema
from apps.notifications import services as notifications
from apps.notifications.about import About
from apps.notifications.kinds import Kind
from apps.tenants.hosts import base_url
from apps.tenants.models import Tenant


def tell_owner(user: User, kind: Kind, about: Model, occasion: str = "", *, now: datetime, **facts: Any) -> None:
    """Write to the owner of an account, with a link to it or the one in ``facts``. The platform has no messages.

    ``about``: the account itself, or what of it; they are told once on each ``occasion``.
    """
    if not _has_messages():
        return
    organisation = Tenant.objects.filter(schema_name=current_schema()).values_list("name", flat=True).get()
    facts_shown = {
        "name": user.get_short_name(),
        "organisation": organisation,
        "link": f"{base_url()}/account/",
        **facts,
    }
    channel = kind.channel_for(user)
    draft = notifications.Draft(
        kind,
        about=About.of(about),
        recipient=user.pk,
        address=user.address_for(channel),
        occasion=occasion,
        facts=facts_shown,
        language=user.language,
        channel=channel,
        under=user.key,
    )
    notifications.enqueue(draft, now=now)


def forget_notices(user: User, key: UUID, *, now: datetime) -> None:
    """Forget what the owner of an account was told whose key is destroyed."""
    if _has_messages():
        notifications.erase(key, [user.pk], now=now)


def _has_messages() -> bool:
    return bool(current_schema() != get_public_schema_name())
