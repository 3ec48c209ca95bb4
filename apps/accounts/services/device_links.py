"""The way back for who signs in oddly: a link to the mailbox of the account makes a device known to be theirs."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps import audit
from apps.accounts import throttle
from apps.accounts.messages import DEVICE_LINK
from apps.accounts.models import User
from apps.accounts.risk import Assessment
from apps.accounts.sealed_links import SealedLinks
from apps.accounts.services.notices import write_letter
from apps.core import events
from apps.core.errors import Refused
from apps.keys import signatures

LIFE = timedelta(minutes=30)
#: It dies with the next sign-in, and with all that ends sessions.
LINKS = SealedLinks(
    "accounts.device",
    "accounts:prove-device",
    rows=lambda: User.objects.filter(is_active=True),
    said=lambda user: f"{user.email}|{user.password}|{user.session_epoch}|{user.last_login}",
)
#: Letters to one account: a few at once, then ever more slowly. Whoever makes them come knows the password.
LETTERS = throttle.Limit("device-link", free=3, longest=900)


class DeviceLinkOver(Refused):
    code = "device_link_over"
    status = 410
    title = "The link that proves a device has been used, is too old, or is incomplete"


@transaction.atomic
def promise_device_link(user: User, odd: Assessment, *, is_refused: bool, now: datetime) -> None:
    """Record that more was asked for and why, and have the link sent, unless so many are on their way already."""
    details = {"reason": "risk", "risk": odd.as_details()}
    if is_refused:
        audit.record("session.refused", now=now, target=user, actor=user, outcome="failure", details=details)
    else:
        audit.record("session.questioned", now=now, target=user, actor=user, details=details)
    if not throttle.take(LETTERS.kind, str(user.pk), now, LETTERS):
        events.publish("user.device_link_asked", {"user_id": str(user.pk)}, now=now)


def write_device_link(user_id: str, event_id: UUID, *, now: datetime) -> None:
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        minutes = int(LIFE.total_seconds()) // 60
        write_letter(user, DEVICE_LINK, str(event_id), now=now, path=LINKS.path_for(user), minutes=minutes)


def owner_of_device_link(token: str) -> User:
    """The account that a token is good for at this moment. Raises ``DeviceLinkOver``."""
    user = LINKS.found(token, within=LIFE)
    if user is None:
        raise DeviceLinkOver(DeviceLinkOver.title)
    return user


@transaction.atomic
def prove_device(token: str, *, device: str, now: datetime) -> User:
    """Take the word of the mailbox that a device is the owner's: what was counted against it is forgotten.

    ``device`` is what ``devices.known`` says. The browser is told by ``devices.remember``.
    """
    user = owner_of_device_link(token)
    if device:  # what strangers have used up stays so
        throttle.succeeded(user.email, "", device)
    throttle.forgive(LETTERS.kind, str(user.pk))
    audit.record("session.device_proved", now=now, target=user, actor=user)
    return user


@signatures.declare("links that prove a device")
def _live_since(now: datetime) -> datetime:
    return now - LIFE
