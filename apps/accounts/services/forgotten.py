"""A forgotten password: a link by e-mail, with which its owner chooses a new one.

The link's token names the account and is sealed with the tenant, the password and the session epoch of the moment. So
it opens nothing at another tenant, works once, and dies with any other change of the password or with the account. It
is made when the message is written, from the tenant's own host: what the request claimed as host is not asked.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps import audit
from apps.accounts import authz, throttle
from apps.accounts.messages import PASSWORD_FORGOTTEN
from apps.accounts.models import User
from apps.accounts.sealed_links import SealedLinks
from apps.accounts.services.grants import refuse_unheld
from apps.accounts.services.held import refuse_erased, refuse_programs
from apps.accounts.services.notices import write_letter
from apps.accounts.services.signing_in import refuse_often
from apps.accounts.services.users import set_forgotten_password
from apps.core import events
from apps.core.errors import Refused
from apps.core.locking import locked
from apps.keys import signatures

LIFE = timedelta(hours=1)
LINKS = SealedLinks(
    "accounts.forgotten",
    "accounts:choose-password",
    rows=lambda: User.objects.filter(is_active=True),
    said=lambda user: f"{user.email}|{user.password}|{user.session_epoch}",
)
#: Messages to one account, and questions of one address: a few at once, then ever more slowly.
ACCOUNT = throttle.Limit("forgotten", free=3, longest=900)
ADDRESS = throttle.Limit("forgotten", free=20, longest=900)


class LinkUsedUp(Refused):
    code = "reset_link_used_up"
    status = 410
    title = "The link to choose a new password has been used, is too old, or is incomplete"


def ask_for_link(email: str, *, now: datetime) -> None:
    """Note that somebody wants a new password for this address. For every address it does the same, in the same time.

    Whether there is such an account, and an open one, is found out where nobody waits for it. Raises
    ``TooManyAttempts`` without regard to that, too.
    """
    refuse_often("forgotten", email, now, account=ACCOUNT, address=ADDRESS)
    _promise_link(User.objects.at(email).filter(is_active=True).first(), actor=None, now=now)


def send_link(user: User, *, acting_user: User, now: datetime) -> None:
    """Send the owner of an account a link to choose a new password; until they do, the present one stays."""
    refuse_unheld(acting_user, authz.permissions_of(user))
    refuse_erased(user)
    refuse_programs(user)
    if not user.is_active:
        raise Closed("The account is closed. Reopen it first.")
    _promise_link(user, actor=acting_user, now=now)


class Closed(Refused):
    code = "account_closed"
    title = "The account is closed"


@transaction.atomic
def _promise_link(user: User | None, *, actor: User | None, now: datetime) -> None:
    audit.record("user.reset_link_asked", now=now, target=user, actor=actor)
    events.publish("user.reset_link_asked", {"user_id": str(user.pk) if user else ""}, now=now)


def write_link(user_id: str, event_id: UUID, *, now: datetime) -> None:
    """Write the message with the link, if the account is there and open; called for unknown addresses as well."""
    user = User.objects.filter(pk=user_id or UUID(int=0), is_active=True).first()
    if user is not None:
        minutes = int(LIFE.total_seconds()) // 60
        write_letter(user, PASSWORD_FORGOTTEN, str(event_id), now=now, path=LINKS.path_for(user), minutes=minutes)


def token_for(user: User) -> str:
    return LINKS.token_for(user)


def owner_of(token: str) -> User:
    """The account that a token is good for at this moment. Raises ``LinkUsedUp``."""
    user = LINKS.found(token, within=LIFE)
    if user is None:
        raise LinkUsedUp(LinkUsedUp.title)
    return user


@transaction.atomic
def choose_password(token: str, *, password: str, now: datetime) -> User:
    """Set the password by a link, which is used up by it: sessions end, API keys are revoked, the owner is told."""
    user = locked(User.objects.all(), owner_of(token).pk)
    owner_of(token)  # asked again under the lock: of two at the same moment one comes too late
    return set_forgotten_password(user, password, now=now)


@signatures.declare("links to choose a password")
def _live_since(now: datetime) -> datetime:
    return now - LIFE
