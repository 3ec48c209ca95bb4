"""Handing on what one may do oneself: for a time, and never for longer than one may do it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.accounts import authz
from apps.accounts.lines import Permission
from apps.accounts.models import Grant, Role, User
from apps.accounts.services.grants import (
    NotYoursToGive,
    begin,
    refuse_in_person,
    refuse_password_seen,
    refuse_times,
    refuse_unheld,
    what_is_given,
)
from apps.accounts.services.held import held
from apps.core import rights
from apps.core.errors import Invalid, Problem
from resimate_text.sentences import Sentence

LONGEST: Final = timedelta(days=30)


@transaction.atomic
def delegate_role(
    user: User,
    role: Role,
    *,
    acting_user: User,
    now: datetime,
    object_id: UUID | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> Grant:
    """Hand on a role, all of which the acting user has, by grants of their own: for 30 days, if nothing else is said.

    Of what it says the delegate may do at any moment what the delegator may do then, and hands on nothing of it.
    """
    authz.require(acting_user, "grants:create")
    user = held(user)
    role, says = what_is_given(role, object_id)
    refuse_in_person(role)
    if user.pk == acting_user.pk:
        detail = Sentence("You cannot hand on a role to yourself.")
        raise Invalid(detail, errors=[Problem("/user", detail, "self")])
    _refuse_lent(acting_user, says)
    refuse_unheld(acting_user, says)
    _refuse_personal(acting_user, says)
    refuse_password_seen(user, says)
    valid_until = valid_until or (valid_from or now) + LONGEST
    refuse_times(valid_from, valid_until, now)
    _refuse_long(valid_from or now, valid_until)
    grant = Grant(
        user=user,
        role=role,
        object_id=object_id,
        granted_at=now,
        granted_by=acting_user,
        valid_from=valid_from,
        valid_until=valid_until,
        delegator=acting_user,
    )
    return begin(grant, acting_user=acting_user, now=now)


def _refuse_lent(acting_user: User, says: Sequence[Permission]) -> None:
    """What somebody has of another alone is not theirs to give; it is said so, since their pages show that they may."""
    lent = [one for one in says if authz.has(acting_user, one) and not authz.owns(acting_user, one)]
    if lent:
        listed = ", ".join(map(str, lent))
        raise NotYoursToGive(
            Sentence("This was handed on to you, so you cannot hand it on: {permissions}.", permissions=listed)
        )


def _refuse_personal(acting_user: User, says: Sequence[Permission]) -> None:
    """Refuse what would reach other rows in other hands, and what two people have so that it takes two."""
    if apart := [one for one in says if rights.is_apart(one.resource)]:
        listed = ", ".join(map(str, apart))
        raise NotYoursToGive(Sentence("This is never handed on: {permissions}.", permissions=listed))
    if personal := [one for one in says if not authz.lends(acting_user, one)]:
        listed = ", ".join(map(str, personal))
        raise NotYoursToGive(
            Sentence("You have this for what is your own, so you cannot hand it on: {permissions}.", permissions=listed)
        )


def _refuse_long(begins: datetime, ends: datetime) -> None:
    if ends - begins > LONGEST:
        detail = Sentence("A role is handed on for {days} days at most.", days=LONGEST.days)
        raise Invalid(detail, errors=[Problem("/valid_until", detail, "too_long")])
