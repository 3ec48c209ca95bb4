"""What an owner is told of their account: whoever has got in unseen cannot keep these letters from them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Model
from django.utils import translation
from django_tenants.utils import get_public_schema_name

from apps.accounts.browsers import described
from apps.accounts.messages import NEW_DEVICE
from apps.accounts.models import Invitation, User
from apps.accounts.session_store import id_of
from apps.accounts.settings_keys import TELL_OF_DEVICES
from apps.configuration import services as configuration
from apps.core import events
from apps.core.tenancy import current_schema
from apps.notifications import services as notifications
from apps.notifications.about import About
from apps.notifications.channels.email import EMAIL, server
from apps.notifications.kinds import Kind
from apps.notifications.rendering import render
from apps.tenants import hosts
from apps.tenants.hosts import base_url
from apps.tenants.models import Tenant

Person = User | Invitation


def tell_owner(
    user: User, kind: Kind, about: Model, occasion: str = "", *, now: datetime, address: str = "", **facts: Any
) -> None:
    """Write to the owner of an account, with a link to it. The platform has no messages, and a program gets none.

    ``about``: the account itself, or what of it; they are told once on each ``occasion``. ``address``: that of before.
    """
    if user.owner_id is None and _has_messages():
        link = f"{base_url()}/account/"
        _enqueue(user, kind, about, occasion, now, address, {"organisation": _organisation(), "link": link, **facts})


def write_letter(
    person: Person, kind: Kind, occasion: str, *, now: datetime, path: str, address: str = "", **facts: Any
) -> None:
    """Write somebody a letter with a link to a page of this host, of the platform's too, which has no messages.

    ``address``: another one of theirs.

    They get it once on each ``occasion``. Not part of a request: from the platform it leaves at once.
    """
    if _has_messages():
        link = f"{base_url()}{path}"
        _enqueue(person, kind, person, occasion, now, address, {"organisation": _organisation(), "link": link, **facts})
        return
    shown = {
        "name": person.get_short_name(),
        "organisation": "Resimate",
        "link": f"{hosts.address(settings.BASE_DOMAIN)}{path}",
        **facts,
    }
    letter = render(kind, EMAIL.texts, shown, person.language, _zone_of(person))
    sender, whom = settings.DEFAULT_FROM_EMAIL, [address or str(person.email)]
    EmailMessage(letter.subject, letter.body, sender, whom, connection=server()).send()


def _enqueue(
    person: Person, kind: Kind, about: Model, occasion: str, now: datetime, address: str, facts: dict[str, Any]
) -> None:
    channel = kind.channel_for(person)
    draft = notifications.Draft(
        kind,
        about=About.of(about),
        recipient=person.pk,
        address=address or person.address_for(channel),
        occasion=occasion,
        facts={"name": person.get_short_name(), **facts},
        language=person.language,
        channel=channel,
        under=person.key,
        time_zone=_zone_of(person),
    )
    notifications.enqueue(draft, now=now)


def _zone_of(person: Person) -> str:
    return person.time_zone if isinstance(person, User) else ""


def _organisation() -> str:
    return Tenant.objects.filter(schema_name=current_schema()).values_list("name", flat=True).get()


def take_back(person: Person, *, now: datetime) -> None:
    """Give up the letters to somebody that have not left."""
    if _has_messages():
        notifications.cancel(About.of(person), person.pk, now=now)


@transaction.atomic
def note_new_device(user: User, session: Any, *, now: datetime) -> None:
    """Tell that somebody has signed in on a device not seen before: who listens, and the owner (ASVS 6.3.5).

    No letter is written where the tenant wants none.
    """
    events.publish("user.signed_in_on_new_device", {"user_id": str(user.pk)}, now=now)
    if not (_has_messages() and configuration.get(TELL_OF_DEVICES.name)):
        return
    with translation.override(user.language):
        device = described(session["user_agent"])
    occasion, link = str(id_of(session.session_key)), f"{base_url()}/account/security/"
    tell_owner(user, NEW_DEVICE, user, occasion, now=now, device=device, network=session["network"], link=link)


def forget_notices(person: Person, key: UUID, *, now: datetime) -> None:
    """Forget what somebody was told whose key is destroyed."""
    if _has_messages():
        notifications.erase(key, [person.pk], now=now)


def _has_messages() -> bool:
    return bool(current_schema() != get_public_schema_name())
