"""Colleagues are invited by e-mail: by a link they make their account, with roles that somebody stands for.

Who sent the letter last stands for the roles: when the invitation is accepted they are given in that person's name,
with the rights that they have then. What is wrong with a link is not told to who has it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Min, Q
from django.utils.translation import gettext_noop

from apps import audit
from apps.accounts import authz, lineage, registration, throttle
from apps.accounts.attributes import misfit, refuse_misfit
from apps.accounts.messages import ACCOUNT_REGISTERED, COLLEAGUE_INVITED
from apps.accounts.models import ApiKey, Invitation, Role, User
from apps.accounts.sealed_links import SealedLinks
from apps.accounts.services.grants import (
    NotYoursToGive,
    PasswordSeen,
    grant_role,
    refuse_in_person,
    refuse_more_than_own,
)
from apps.accounts.services.notices import forget_notices, take_back, write_letter
from apps.accounts.services.signing_in import TooManyAttempts
from apps.accounts.services.users import EmailTaken, check_email, create_user
from apps.accounts.settings_keys import INVITATION_DAYS
from apps.configuration import services as configuration
from apps.core import crypto, events
from apps.core.errors import Invalid, Problem, Refused
from apps.core.locking import all_locked, locked
from apps.keys import services as keys
from apps.keys import signatures
from resimate_text.addresses import in_letters
from resimate_text.identity import tidied

LINKS = SealedLinks(
    "accounts.invitation",
    "accounts:invitation",
    rows=lambda: Invitation.objects.filter(Invitation.PENDING),
    said=lambda invitation: f"{invitation.email}|{invitation.link_version}",
)
#: Letters to one address: a few at once, then ever more slowly.
LETTERS = throttle.Limit("invitation", free=5, longest=900)
LONGEST_MESSAGE = 1000
NO_ROLE = gettext_noop("Choose at least one role.")
HAS_ACCOUNT = gettext_noop("Somebody with this e-mail address already has an account. Give the roles to that account.")


class InvitationOver(Refused):
    code = "invitation_over"
    status = 410
    title = "The invitation has been used or withdrawn, is too old, or is incomplete"


class InvitationClosed(Refused):
    code = "invitation_closed"
    title = "The invitation has been accepted or withdrawn"


class InvitedMeanwhile(Refused):
    code = "invited_meanwhile"
    title = "Somebody else has invited this address at the same moment"


def invite(
    email: str,
    *,
    roles: Sequence[Role],
    acting_user: User,
    now: datetime,
    name: str = "",
    language: str = "en",
    message: str = "",
    attributes: Mapping[str, Any] | None = None,
) -> Invitation:
    """Invite somebody to make an account with these roles; an earlier invitation of the address is withdrawn.

    Raises ``Invalid`` without a role, ``EmailTaken`` for who has an account, ``NotYoursToGive``.
    """
    check_email(email)
    authz.require(acting_user, "users:create")
    _refuse_ungiveable(roles, acting_user)
    if User.objects.at(email).exists():
        raise EmailTaken(HAS_ACCOUNT, errors=[Problem("/email", HAS_ACCOUNT, "taken")])
    _take_turn(email, now)
    if attributes:
        refuse_misfit(attributes)
    invitation = Invitation(email=email, name=tidied(name), message=message, language=language, created_at=now)
    invitation.attributes = {**attributes} if attributes else None
    return _sent(invitation, roles, acting_user, now)


@transaction.atomic
def admit(email: str, *, language: str, now: datetime) -> Invitation:
    """Invite in nobody's name who asked for an account, and may have one by the tenant's settings.

    Anybody may have asked: the address is forgotten once its link is over.
    """
    invitation = _sent(Invitation(email=in_letters(email), language=language, created_at=now), [], None, now)
    events.publish("user.registration_unanswered", _ids(invitation), now=now, due_at=invitation.expires_at)
    return invitation


@transaction.atomic
def resend_invitation(invitation: Invitation, *, acting_user: User, now: datetime) -> Invitation:
    """Send another letter with another link, good for as long as the first was; who sends it stands for the roles."""
    invitation = _pending(invitation)
    authz.require(acting_user, "users:create")
    _refuse_ungiveable([*invitation.roles.all()], acting_user)
    _take_turn(invitation.email, now)
    take_back(invitation, now=now)
    invitation.link_version += 1
    _stand_for(invitation, acting_user, now)
    invitation.save(update_fields=["link_version", "sent_at", "expires_at", "invited_by", "invited_with"])
    audit.record("invitation.resent", now=now, target=invitation, actor=acting_user)
    events.publish("invitation.resent", _ids(invitation), now=now)
    return invitation


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, acting_user: User, now: datetime) -> Invitation:
    """End an invitation: its link opens nothing, and a letter that has not left does not leave."""
    authz.require(acting_user, "users:create", invitation)
    return _revoke(_pending(invitation), acting_user, now)


@transaction.atomic
def erase_invitation(invitation: Invitation, *, acting_user: User, now: datetime) -> Invitation:
    """Forget who was invited; an invitation that is open ends. Repeating it changes nothing."""
    invitation = locked(Invitation.objects.all(), invitation.pk)
    authz.require_everywhere(acting_user, "users:manage")
    if not invitation.is_erased:
        _forget(invitation, acting_user, now)
    return Invitation.objects.get(pk=invitation.pk)


def forget_invitations_to(user: User, *, now: datetime) -> None:
    """Forget those by which an account that is erased was made, and all others of its address."""
    theirs = Q(accepted_by=user) | Invitation.by_address().among([user.email])
    for invitation in all_locked(Invitation.objects.known().filter(theirs)):
        _forget(invitation, None, now)


@transaction.atomic
def forget_registration(invitation_id: str, *, now: datetime) -> None:
    """Forget the address that somebody registered and nobody made an account with."""
    nobodys = Invitation.objects.known().filter(pk=invitation_id, invited_by=None, accepted_at=None)
    for invitation in all_locked(nobodys):
        _forget(invitation, None, now)


def write_invitation(invitation_id: str, event_id: UUID, *, now: datetime) -> None:
    """Write the letter with the link, if it still opens something."""
    pending = Invitation.objects.filter(Invitation.PENDING, expires_at__gt=now).select_related("key", "invited_by__key")
    invitation = pending.filter(pk=invitation_id).first()
    if invitation is None or invitation.is_erased:
        return
    inviter = invitation.invited_by
    if inviter and not inviter.is_active:
        return  # without somebody who stands for it the link opens nothing
    facts = {"inviter": inviter.get_short_name(), "message": invitation.message} if inviter else {}
    write_letter(
        invitation,
        COLLEAGUE_INVITED if inviter else ACCOUNT_REGISTERED,
        str(event_id),
        now=now,
        path=LINKS.path_for(invitation),
        expires_at=invitation.expires_at,
        **facts,
    )


def invitation_of(token: str, *, now: datetime) -> Invitation:
    """The invitation that a token opens at this moment. Raises ``InvitationOver``."""
    invitation = LINKS.found(token)
    if invitation is None or invitation.is_erased or invitation.state_at(now) != Invitation.State.OPEN:
        raise InvitationOver(InvitationOver.title)
    return invitation


def accept_invitation(token: str, *, name: str, password: str, now: datetime) -> User:
    """Make the account of who was invited, with the roles that the person who stands for them may still give.

    Raises ``InvitationOver``, also where that person may not any more, and ``Invalid`` for the password. Not one
    transaction: that it was refused stays on record.
    """
    invitation = invitation_of(token, now=now)
    try:
        return _accept(token, invitation, name, password, now)
    except (authz.NotPermitted, NotYoursToGive, PasswordSeen):
        audit.record("invitation.refused", now=now, target=invitation, outcome="denied", details={"reason": "rights"})
    except EmailTaken:
        audit.record("invitation.refused", now=now, target=invitation, outcome="failure", details={"reason": "account"})
    raise InvitationOver(InvitationOver.title)


@transaction.atomic
def _accept(token: str, invitation: Invitation, name: str, password: str, now: datetime) -> User:
    locked(Invitation.objects.all(), invitation.pk)
    invitation = invitation_of(token, now=now)  # asked again under the lock: of two at the same moment one is too late
    inviter = _who_stands_for(invitation, now)
    kept = invitation.attributes if not misfit(invitation.attributes or {}) else None  # they fitted when it was sent
    user = create_user(
        invitation.email, name=name, language=invitation.language, attributes=kept, password=password, now=now
    )
    for role in invitation.roles.order_by("pk") if inviter else registration.roles():
        grant_role(user, role, acting_user=inviter, now=now)
    invitation.accepted_at, invitation.accepted_by = now, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    details = {"user": str(user.pk), "invited_by": str(inviter.pk) if inviter else ""}
    audit.record("invitation.accepted", now=now, target=invitation, actor=user, details=details)
    events.publish("invitation.accepted", {**_ids(invitation), "user_id": str(user.pk)}, now=now)
    return user


def _who_stands_for(invitation: Invitation, now: datetime) -> User | None:
    """Who sent it, reaching as far as they would now if they sent it again. Raises ``NotPermitted``.

    Nobody for who registered by themselves, as far as the tenant's settings let them now.
    """
    if invitation.invited_by_id is None:
        if not registration.admits(str(invitation.email)):
            raise authz.NotPermitted("Nobody may register with this address any more.")
        return None
    inviter = User.objects.get(pk=invitation.invited_by_id)
    if key := invitation.invited_with:
        if not key.is_valid_at(now):
            raise authz.NotPermitted("The key with which it was sent has ended.")
        authz.narrow(inviter, key)
    authz.require(inviter, "users:create")
    return inviter


def _sent(invitation: Invitation, roles: Sequence[Role], acting_user: User | None, now: datetime) -> Invitation:
    """Store a new invitation, in place of an earlier one, and have its letter written."""
    _stand_for(invitation, acting_user, now)
    try:
        with transaction.atomic():
            _replace(invitation.email, acting_user, now)
            keys.give_keys([invitation])
            invitation.save(force_insert=True)
            invitation.roles.set(roles)
            details = {"roles": [role.code for role in roles]}
            audit.record("invitation.created", now=now, target=invitation, actor=acting_user, details=details)
            events.publish("invitation.created", _ids(invitation), now=now)
    except IntegrityError as error:
        raise InvitedMeanwhile("Somebody else has just invited this address.") from error
    return invitation


def _stand_for(invitation: Invitation, acting_user: User | None, now: datetime) -> None:
    key = authz.key_of(acting_user) if acting_user else None
    if key is not None and not isinstance(key, ApiKey):
        raise authz.NotPermitted("An application cannot invite people. Sign in, or use an API key.")
    invitation.invited_by, invitation.invited_with = acting_user, key
    invitation.sent_at = now
    invitation.expires_at = now + timedelta(days=int(configuration.get(INVITATION_DAYS.name)))


def _refuse_ungiveable(roles: Sequence[Role], acting_user: User) -> None:
    if not roles:
        raise Invalid(NO_ROLE, errors=[Problem("/roles", NO_ROLE, "required")])
    for role in roles:
        refuse_in_person(role)
        refuse_more_than_own(acting_user, lineage.permissions_of(role))


def _take_turn(email: str, now: datetime) -> None:
    if wait := throttle.take("invitation", throttle.digest_of(email), now, LETTERS):
        raise TooManyAttempts(wait)


def _replace(email: str, acting_user: User | None, now: datetime) -> None:
    """Whoever may invite an address may do so anew, whoever did before."""
    for earlier in all_locked(Invitation.objects.at(email).filter(Invitation.PENDING)):
        _revoke(earlier, acting_user, now)


def _pending(invitation: Invitation) -> Invitation:
    invitation = locked(Invitation.objects.all(), invitation.pk)
    if invitation.is_erased:
        raise crypto.Erased
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise InvitationClosed("This invitation has been accepted or withdrawn. Send a new one.")
    return invitation


def _revoke(invitation: Invitation, acting_user: User | None, now: datetime) -> Invitation:
    invitation.revoked_at = now
    invitation.save(update_fields=["revoked_at"])
    take_back(invitation, now=now)
    audit.record("invitation.revoked", now=now, target=invitation, actor=acting_user)
    events.publish("invitation.revoked", _ids(invitation), now=now)
    return invitation


def _forget(invitation: Invitation, acting_user: User | None, now: datetime) -> None:
    if invitation.accepted_at is None and invitation.revoked_at is None:
        _revoke(invitation, acting_user, now)
    forget_notices(invitation, keys.erase(invitation), now=now)
    audit.record("invitation.erased", now=now, target=invitation, actor=acting_user)
    events.publish("invitation.erased", _ids(invitation), now=now)


def _ids(invitation: Invitation) -> dict[str, str]:
    return {"invitation_id": str(invitation.pk)}


@signatures.declare("invitations")
def _live_since(now: datetime) -> datetime | None:
    pending = Invitation.objects.filter(Invitation.PENDING, expires_at__gt=now)
    since: datetime | None = pending.aggregate(since=Min("sent_at"))["since"]
    return since
