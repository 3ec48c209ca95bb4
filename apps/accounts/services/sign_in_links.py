"""Signing in by a link to one's mailbox: for who may do no more than answer, where the tenant lets them.

Who asks gets the same answer for every address in the same time. The link opens a page with a button, so that scanners
of mail use up nothing; it works once, and dies with the next one, with the password, and with the account. It is a
first step and no more: whoever takes a second one, or has to have one, is asked for that as after a password.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.utils.http import urlencode
from django_tenants.utils import get_public_schema_name

from apps import audit
from apps.accounts import authz, second_steps, sessions, throttle
from apps.accounts.lines import Permission
from apps.accounts.messages import SIGN_IN_LINK
from apps.accounts.models import User
from apps.accounts.risk import Facts, assess
from apps.accounts.sealed_links import SealedLinks
from apps.accounts.services.notices import write_letter
from apps.accounts.services.signing_in import recognised, refuse_often
from apps.accounts.settings_keys import LONGEST_LINK_HOURS, SIGN_IN_LINK_HOURS, SIGN_IN_LINKS
from apps.configuration import services as configuration
from apps.core import events, rights
from apps.core.errors import Refused
from apps.core.locking import locked
from apps.core.tenancy import current_schema
from apps.keys import signatures

#: The longest that a tenant may have; what it has says ``sign_in.link_hours``.
LIFE = timedelta(hours=LONGEST_LINK_HOURS)
LINKS = SealedLinks(
    "accounts.sign-in",
    "accounts:sign-in-by-link",
    rows=lambda: User.objects.people().filter(is_active=True),
    said=lambda user: f"{user.email}|{user.password}|{user.session_epoch}|{user.link_version}",
)
#: Letters to one account, and questions of one address: a few at once, then ever more slowly.
ACCOUNT = throttle.Limit("sign-in-link", free=3, longest=900)
ADDRESS = throttle.Limit("sign-in-link", free=20, longest=900)
#: The role that says what somebody may be allowed at most who comes without a password.
MOST = "stakeholder"
LONGEST_TARGET = 500


class SignInLinkOver(Refused):
    code = "sign_in_link_over"
    status = 410
    title = "The link to sign in has been used, is too old, or is incomplete"


class SignInLinksNotOffered(Refused):
    code = "sign_in_links_not_offered"
    status = 404
    title = "Nobody can sign in by a link here"


def offers_sign_in_links() -> bool:
    """Whether the tenant lets people sign in so; the platform has nobody who only answers."""
    return current_schema() != get_public_schema_name() and bool(configuration.get(SIGN_IN_LINKS.name))


def sign_in_link_hours() -> int:
    return int(configuration.get(SIGN_IN_LINK_HOURS.name))


def ask_for_sign_in_link(email: str, *, target: str, now: datetime) -> None:
    """Note that somebody wants to sign in so, and go to ``target`` then. For every address it does the same.

    Whether there is such an account, and who may come in by it, is found out where nobody waits for it. Raises
    ``SignInLinksNotOffered``, and ``TooManyAttempts`` without regard to the account.
    """
    if not offers_sign_in_links():
        raise SignInLinksNotOffered(SignInLinksNotOffered.title)
    refuse_often("sign-in-link", email, now, account=ACCOUNT, address=ADDRESS)
    user = User.objects.at(email).filter(is_active=True).first()
    told = {"user_id": str(user.pk) if user else "", "next": target if len(target) <= LONGEST_TARGET else ""}
    with transaction.atomic():
        audit.record("user.sign_in_link_asked", now=now, target=user)
        events.publish("user.sign_in_link_asked", told, now=now)


@transaction.atomic
def write_sign_in_link(user_id: str, event_id: UUID, *, target: str, now: datetime) -> None:
    """Write the message with the link, if its owner may come in by it; the one before opens nothing any more."""
    user = _with_next_version(UUID(user_id)) if user_id else None
    if user is not None and _may_come_in(user):
        path = f"{LINKS.path_for(user)}?{urlencode({'next': target})}" if target else LINKS.path_for(user)
        write_letter(user, SIGN_IN_LINK, str(event_id), now=now, path=path, hours=sign_in_link_hours())


def owner_of_sign_in_link(token: str) -> User:
    """The account that a token is good for at this moment. Raises ``SignInLinkOver``."""
    user = LINKS.found(token, within=timedelta(hours=sign_in_link_hours()))
    if user is None or not _may_come_in(user):
        raise SignInLinkOver(SignInLinkOver.title)
    return user


def sign_in_by_link(request: HttpRequest, token: str, *, now: datetime) -> User:
    """Use up a link: start a session, or note that a second step is awaited. Raises ``SignInLinkOver``.

    The mailbox has answered on this device, so neither the device nor what strangers have tried counts against it.
    """
    user = _use_up(token)
    throttle.forgive("sign-in-link", throttle.digest_of(str(user.email)))
    known = second_steps.last_taken_at(user)
    facts = Facts(is_new_device=False, failures=0, accounts=0, factor_used_at=known, is_administrator=False, now=now)
    recognised(request, user, assess(facts), method=sessions.MAILBOX, now=now)
    return user


@transaction.atomic
def _use_up(token: str) -> User:
    """Asked again under the lock: of two at the same moment one comes too late."""
    locked(User.objects.all(), owner_of_sign_in_link(token).pk)
    user = owner_of_sign_in_link(token)
    user.link_version += 1
    user.save(update_fields=["link_version"])
    return user


def _with_next_version(user_id: UUID) -> User | None:
    user = User.objects.people().filter(pk=user_id, is_active=True).first()
    if user is not None:
        user = locked(User.objects.all(), user.pk)
        user.link_version += 1
        user.save(update_fields=["link_version"])
    return user


def _may_come_in(user: User) -> bool:
    """Whether all that they may is what a stakeholder may, at this moment and at this tenant."""
    most = [Permission.stored(text) for text in rights.ROLES[MOST].permissions]
    theirs = authz.permissions_of(user)
    return offers_sign_in_links() and bool(theirs) and all(any(one.covers(wanted) for one in most) for wanted in theirs)


@signatures.declare("links to sign in")
def _live_since(now: datetime) -> datetime:
    return now - LIFE
