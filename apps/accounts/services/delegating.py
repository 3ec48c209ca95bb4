"""Handing on what one may do oneself: for a time, and never for longer than one may do it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.accounts import authz, lineage
from apps.accounts.lines import Permission
from apps.accounts.models import Grant, Role, User
from apps.accounts.services.grants import (
    NotYoursToGive,
    begin,
    is_in_person,
    refuse_in_person,
    refuse_nothing,
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


class Lendable(NamedTuple):
    """A role that somebody may hand on: for everything, or for the one object of a grant of theirs."""

    role: Role
    object_id: UUID | None


def lendable_by(user: User, *, now: datetime) -> list[Lendable]:
    """What :func:`delegate_role` would take of a user, by the names of the roles."""
    own = user.grants.valid_at(now).filter(delegator=None, denies=False).exclude(object_id=None)
    objects: dict[UUID, list[UUID | None]] = {}
    for role, one in own.order_by("granted_at", "pk").values_list("role", "object_id"):
        objects.setdefault(role, []).append(one)
    roles = Role.objects.in_bulk()
    means = lineage.of(roles)
    lends = Lends(user)
    return [
        Lendable(role, one)
        for role in sorted(roles.values(), key=lambda role: (role.name, role.pk))
        if not is_in_person(role)
        for one in [None, *objects.get(role.pk, [])]
        if lends.all_of([text for each in means[role.pk] for text in each.permissions], one)
    ]


class Lends:
    """Whether somebody may hand on lines: each is asked once, in however many roles it stands."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._known: dict[tuple[str, UUID | None], bool] = {}

    def all_of(self, texts: Sequence[str], object_id: UUID | None) -> bool:
        return bool(texts) and all(self._one(text, object_id) for text in texts)

    def _one(self, text: str, object_id: UUID | None) -> bool:
        if (text, object_id) not in self._known:
            one = Permission.stored(text, object_id)
            fits = object_id is None or (one.scope in rights.SCOPES and rights.SCOPES[one.scope].of_one_object)
            self._known[text, object_id] = fits and authz.lends(self._user, one)
        return self._known[text, object_id]


def delegations_of(user: User, *, now: datetime) -> QuerySet[Grant]:
    """What a user has handed on, or was handed on to them, and is not over, the latest first."""
    either = Q(delegator=user) | Q(user=user, delegator__isnull=False)
    found = Grant.objects.filter(either, valid_until__gt=now)
    return found.select_related("role", "user__key", "delegator__key").order_by("-granted_at", "-pk")


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
    refuse_nothing(role, says)
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
