from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from apps import audit
from apps.accounts import authz, messages, passwords, throttle
from apps.accounts.attributes import fixed_and_changed, refuse_misfit
from apps.accounts.models import User
from apps.accounts.services.grants import refuse_unheld, refuse_without_administrator
from apps.accounts.services.held import held, refuse_programs, sessions_of
from apps.accounts.services.keys import revoke_all_keys
from apps.accounts.services.notices import tell_owner
from apps.accounts.services.service_accounts import require_owner, stop_programs_of
from apps.accounts.services.signing_in import TooManyAttempts
from apps.core import events
from apps.core.errors import Invalid, Problem, Refused
from apps.keys import services as keys
from resimate_text.identity import tidied

WRONG_PASSWORD = gettext_noop("The current password is incorrect.")
SAME_PASSWORD = gettext_noop("This is your current password. Choose a different one.")
NOT_YOURS = gettext_noop("An administrator changes this.")
TAKEN = gettext_noop("There is already an account with this e-mail address.")
PRESENT = "present-password"
#: What people say of themselves, and nothing depends on: the form of one's own account has just these fields.
CHANGEABLE = frozenset({"name", "language", "time_zone"})


class EmailTaken(Refused):
    code = "email_taken"
    title = "There is already an account with this e-mail address"


class WrongPassword(Refused):
    code = "wrong_password"
    status = 422
    title = "The current password is incorrect"


def check_email(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(error.messages[0], errors=[Problem("/email", error.messages[0], "email")]) from error


def create_user(
    email: str,
    *,
    password: str,
    now: datetime,
    name: str = "",
    language: str = "en",
    time_zone: str = "",
    attributes: Mapping[str, Any] | None = None,
    acting_user: User | None = None,
    is_first: bool | None = None,
) -> User:
    """Make an account in the current tenant; it may do nothing until it is given a role.

    A password that an administrator has seen is a first one: its owner replaces it when they sign in.
    """
    check_email(email)
    if attributes is not None:
        refuse_misfit(attributes)
    user = User(email=email, name=tidied(name), language=language, time_zone=time_zone, created_at=now)
    user.attributes = {**attributes} if attributes else None
    user.password_is_first = acting_user is not None if is_first is None else is_first
    passwords.check(password, user)
    user.set_password(password)  # slow on purpose, so before the transaction
    taken = EmailTaken(TAKEN, errors=[Problem("/email", TAKEN, "taken")])
    if User.objects.at(email).exists():
        raise taken
    try:
        with transaction.atomic():
            keys.give_keys([user])
            user.save(force_insert=True)
            audit.record("user.created", now=now, target=user, actor=acting_user)
            events.publish("user.created", {"user_id": str(user.pk)}, now=now)
    except IntegrityError as error:
        raise taken from error
    return user


@transaction.atomic
def change_user(user: User, *, acting_user: User, now: datetime, **changes: str) -> User:
    """Change what ``changes`` name; ValueError for what is none of ``CHANGEABLE``, such as an address or a password."""
    if refused := changes.keys() - CHANGEABLE:
        raise ValueError("these are not changed in this way", *sorted(refused))
    user = held(user)
    for field, value in changes.items():
        setattr(user, field, tidied(value))
    user.save(update_fields=list(changes))
    audit.record("user.changed", now=now, target=user, actor=acting_user)
    events.publish("user.changed", {"user_id": str(user.pk)}, now=now)
    return user


@transaction.atomic
def change_attributes(user: User, values: Mapping[str, Any], *, acting_user: User, now: datetime) -> User:
    """Replace what is kept of somebody besides name and address. Raises ``Invalid`` where it does not fit.

    Owners change their own, but for what the schema calls ``readOnly``, which administrators change.
    """
    user = held(user)
    before = user.attributes or {}
    if before == values:
        return user
    refuse_misfit(values)
    if acting_user.pk == user.pk and not authz.everywhere(acting_user, "users:update"):
        _refuse_fixed(before, values)
    user.attributes = dict(values)
    user.save(update_fields=["attributes"])
    changed = sorted(name for name in {*before, *values} if before.get(name) != values.get(name))
    audit.record("user.changed", now=now, target=user, actor=acting_user, details={"attributes": changed})
    events.publish("user.changed", {"user_id": str(user.pk)}, now=now)
    return user


def _refuse_fixed(before: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    problems = [Problem(at, NOT_YOURS, "read_only") for at in fixed_and_changed(before, values)]
    if problems:
        raise Invalid(NOT_YOURS, errors=problems)


def change_password(
    user: User, *, present: str, password: str, now: datetime, revoke_keys: bool = False, but: UUID | None = None
) -> User:
    """Change one's own password; its sessions end ``but`` the one of the caller, and its keys if that is wanted."""
    check_present(user, present, now=now)
    if password == present:
        raise Invalid(SAME_PASSWORD, errors=[Problem("/password", SAME_PASSWORD, "same")])
    return _set_password(
        user, password, acting_user=user, now=now, action="user.password_changed", revoke_keys=revoke_keys, but=but
    )


def check_present(user: User, present: str, *, now: datetime) -> None:
    """Refuse whoever does not know the password of the account in which they are signed in."""
    if wait := throttle.take(PRESENT, str(user.pk), now):
        raise TooManyAttempts(wait)
    if len(present) > passwords.LONGEST or not user.check_password(present):
        raise WrongPassword(WRONG_PASSWORD, errors=[Problem("/present", WRONG_PASSWORD)])
    throttle.forgive(PRESENT, str(user.pk))


def reset_password(user: User, *, acting_user: User | None, now: datetime) -> tuple[User, str]:
    """Replace a password by a random one, returned once: administrators do not choose passwords (ASVS 6.4.6).

    Whoever was in is out: sessions end, keys are revoked, and the owner replaces the password when they sign in.
    """
    _refuse_mightier(user, acting_user)
    password = passwords.generate()
    changed = _set_password(
        user, password, acting_user=acting_user, now=now, action="user.password_reset", revoke_keys=True, is_first=True
    )
    return changed, password


def set_forgotten_password(user: User, password: str, *, now: datetime) -> User:
    """Set the password that the owner chose by a link: whoever else was in is out, and their keys with them."""
    return _set_password(user, password, acting_user=user, now=now, action="user.password_reset", revoke_keys=True)


def _set_password(
    user: User,
    password: str,
    *,
    acting_user: User | None,
    now: datetime,
    action: str,
    revoke_keys: bool,
    is_first: bool = False,
    but: UUID | None = None,
) -> User:
    refuse_programs(user)
    passwords.check(password, user)
    user.set_password(password)  # slow on purpose, so before the transaction
    hashed = user.password
    with transaction.atomic():
        user = held(user)
        user.password, user.password_is_first = hashed, is_first
        user.session_epoch += 1
        user.save(update_fields=["password", "password_is_first", "session_epoch"])
        sessions_of(user, but=but).delete()
        if revoke_keys:
            revoke_all_keys(user, acting_user=acting_user, now=now)
        audit.record(action, now=now, target=user, actor=acting_user)
        events.publish(action, {"user_id": str(user.pk)}, now=now)
        by_owner = acting_user is not None and acting_user.pk == user.pk
        tell_owner(user, messages.PASSWORD_CHANGED, user, str(user.session_epoch), now=now, by_owner=by_owner)
    return user


@transaction.atomic
def deactivate_user(user: User, *, acting_user: User | None, now: datetime) -> User:
    """Close an account: its sessions end and its keys are revoked at once; what it did stays.

    The programs that its owner answers for stop with it.
    """
    user = held(user)
    _refuse_mightier(user, acting_user)
    refuse_without_administrator(now, without_user=user)
    user.is_active = False
    user.session_epoch += 1
    user.save(update_fields=["is_active", "session_epoch"])
    user.sessions.all().delete()
    revoke_all_keys(user, acting_user=acting_user, now=now)
    audit.record("user.deactivated", now=now, target=user, actor=acting_user)
    events.publish("user.deactivated", {"user_id": str(user.pk)}, now=now)
    stop_programs_of(user, acting_user=acting_user, now=now)
    return user


def _refuse_mightier(user: User, acting_user: User | None) -> None:
    """Who can take over an account could do all that it can: so they must be able to already."""
    refuse_unheld(acting_user, authz.permissions_of(user))


@transaction.atomic
def activate_user(user: User, *, acting_user: User | None, now: datetime) -> User:
    require_owner(user)
    user = held(user)
    _refuse_mightier(user, acting_user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record("user.activated", now=now, target=user, actor=acting_user)
    events.publish("user.activated", {"user_id": str(user.pk)}, now=now)
    return user
