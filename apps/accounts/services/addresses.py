"""Another address for an account: asked for with the password, and in force once its mailbox has answered.

The address of before is told of both. Whether somebody else has the new one is told to nobody: no letter goes there.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_noop

from apps import audit
from apps.accounts import messages, throttle
from apps.accounts.models import AddressChange, User
from apps.accounts.sealed_links import SealedLinks
from apps.accounts.services.held import held
from apps.accounts.services.notices import tell_owner, write_letter
from apps.accounts.services.signing_in import TooManyAttempts
from apps.accounts.services.users import check_email, check_present
from apps.core import events
from apps.core.errors import Invalid, Problem, Refused
from apps.keys import signatures

LIFE = timedelta(hours=24)
#: Letters that one account sends to whatever addresses: a few at once, then ever more slowly.
LETTERS = throttle.Limit("address", free=5, longest=900)
SAME_ADDRESS = gettext_noop("This is the address of your account already.")
LINKS = SealedLinks(
    "accounts.address",
    "accounts:confirm-address",
    rows=lambda: AddressChange.objects.select_related("user__key", "key").filter(user__is_active=True),
    said=lambda change: f"{change.user.email}|{change.user.session_epoch}|{change.email}|{change.asked_at.isoformat()}",
)


class AddressLinkOver(Refused):
    code = "address_link_over"
    status = 410
    title = "The link to confirm an address has been used, is too old, or is incomplete"


def ask_for_address(user: User, *, email: str, present: str, now: datetime) -> AddressChange:
    """Want another address for one's own account; until its mailbox has answered, the present one stays.

    For an address that somebody else has it does the same as for any other. Raises ``Invalid``, ``WrongPassword`` and
    ``TooManyAttempts``.
    """
    check_email(email)
    check_present(user, present, now=now)
    if user in User.objects.at(email):
        raise Invalid(SAME_ADDRESS, errors=[Problem("/email", SAME_ADDRESS, "same")])
    if wait := throttle.take(LETTERS.kind, str(user.pk), now, LETTERS):
        raise TooManyAttempts(wait)
    with transaction.atomic():
        user = held(user)
        AddressChange.objects.filter(user=user).delete()
        change = AddressChange(user=user, key=user.key, email=email, asked_at=now)
        change.save(force_insert=True)
        audit.record("user.address_asked", now=now, target=user, actor=user)
        events.publish("user.address_asked", {"user_id": str(user.pk)}, now=now)
        events.publish("user.address_unanswered", {"change_id": str(change.pk)}, now=now, due_at=now + LIFE)
        tell_owner(user, messages.ADDRESS_ASKED, user, now.isoformat(), now=now)
    return change


def write_address_link(user_id: str, event_id: UUID, *, now: datetime) -> None:
    """Write to the new address, unless somebody has it."""
    change = LINKS.rows().filter(user=UUID(user_id)).first()
    if change is None or User.objects.at(change.email).exists():
        return
    hours = int(LIFE.total_seconds()) // 3600
    path = LINKS.path_for(change)
    write_letter(
        change.user, messages.CONFIRM_ADDRESS, str(event_id), now=now, path=path, address=change.email, hours=hours
    )


def address_of(token: str, *, now: datetime) -> AddressChange:
    """The change that a token is good for at this moment. Raises ``AddressLinkOver``."""
    change = LINKS.found(token, within=LIFE)
    if change is None or change.asked_at + LIFE <= now:
        raise AddressLinkOver(AddressLinkOver.title)
    return change


def address_wanted(user: User, *, now: datetime) -> str:
    """The address whose mailbox has still to answer, or none."""
    change = AddressChange.objects.select_related("key").filter(user=user, asked_at__gt=now - LIFE).first()
    return str(change.email) if change else ""


def confirm_address(token: str, *, now: datetime) -> User:
    """Give an account the address whose mailbox has answered; links to choose a password that it had open nothing."""
    try:
        return _confirm(token, now)
    except IntegrityError as error:  # somebody has got an account with it meanwhile
        raise AddressLinkOver(AddressLinkOver.title) from error


@transaction.atomic
def _confirm(token: str, now: datetime) -> User:
    user = held(address_of(token, now=now).user)
    change = address_of(token, now=now)  # asked again under the lock: of two at the same moment one comes too late
    if User.objects.at(change.email).exclude(pk=user.pk).exists():
        raise AddressLinkOver(AddressLinkOver.title)
    before, user.email = str(user.email), str(change.email)
    user.save(update_fields=["email", "email_index", "email_index_2"])
    change.delete()
    audit.record("user.address_changed", now=now, target=user, actor=user)
    events.publish("user.address_changed", {"user_id": str(user.pk)}, now=now)
    tell_owner(user, messages.ADDRESS_CHANGED, user, now.isoformat(), now=now, address=before)
    return user


def forget_address_wanted(user: User) -> None:
    AddressChange.objects.filter(user=user).delete()


def forget_unanswered(change_id: str) -> None:
    """Forget an address whose mailbox has not answered in time; of what has become of it since, nothing is undone."""
    AddressChange.objects.filter(pk=change_id).delete()


@signatures.declare("links to confirm an address")
def _live_since(now: datetime) -> datetime | None:
    latest: datetime | None = AddressChange.objects.aggregate(latest=Max("asked_at"))["latest"]
    return now - LIFE if latest and latest + LIFE > now else None
