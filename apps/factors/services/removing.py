"""Taking a factor away: one's own, somebody's whose phone is lost, or all of an account by the operator."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop as _

from apps import audit
from apps.accounts import authz
from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.core import events
from apps.core.errors import Gone, Refused
from apps.core.locking import all_locked
from apps.factors.messages import FACTORS_CHANGED
from apps.factors.models import Factor
from apps.factors.services.requiring import has_to_have_one


class OwnFactor(Refused):
    code = "own_factor"
    status = 403
    title = "Own second factors are removed on the page for them"


class LastFactor(Refused):
    code = "last_factor"
    title = "The organisation asks for a second factor"


@transaction.atomic
def remove_own(factor: Factor, *, now: datetime, but: UUID | None = None) -> User:
    """Remove one of one's own; the last one takes with it what only stands in for it.

    Returns the account as it is then. Its sessions end ``but`` that of its owner.

    Raises ``LastFactor`` where one has to stay.
    """
    known, user = _held(factor.user)
    gone = _with_it(factor, known)
    if not any(one.is_strong for one in known if one not in gone) and has_to_have_one(user):
        raise LastFactor(_("Your organisation asks for a second factor. Set up another one before you remove this."))
    return _remove(user, gone, acting_user=user, now=now, but=but)


@transaction.atomic
def remove_factor(factor: Factor, *, acting_user: User, now: datetime) -> None:
    """Remove somebody's who cannot use it any more; the last one takes with it what only stands in for it."""
    if acting_user.pk == factor.user_id:
        raise OwnFactor(_("Remove your own second factors on the page of your account: it asks who you are."))
    authz.require(acting_user, "users:manage", factor.user)
    accounts.refuse_unheld(acting_user, authz.permissions_of(factor.user))
    known, user = _held(factor.user)
    _remove(user, _with_it(factor, known), acting_user=acting_user, now=now)


@transaction.atomic
def reset_factors(user: User, *, now: datetime) -> int:
    """Remove all of an account's, for the operator. Returns how many there were."""
    known, user = _held(user)
    _remove(user, known, acting_user=None, now=now)
    return len(known)


@transaction.atomic
def forget_factors(user_id: str) -> None:
    """Delete what is left of somebody who was erased: it is under a key that is gone."""
    Factor.objects.filter(user__pk=user_id).delete()


def _held(user: User) -> tuple[list[Factor], User]:
    """All factors of an account, and the account, locked in that order."""
    known = list(all_locked(Factor.objects.filter(user=user).select_related("key")))
    return known, accounts.held(user)


def _with_it(factor: Factor, known: Sequence[Factor]) -> list[Factor]:
    """The factor, and what is of no use without it."""
    if factor not in known:
        raise Gone(_("It no longer exists."))
    others = [one for one in known if one != factor]
    is_alone = not factor.is_strong or any(one.is_strong for one in others)
    return [factor] if is_alone else [factor, *others]


def _remove(
    user: User, gone: Sequence[Factor], *, acting_user: User | None, now: datetime, but: UUID | None = None
) -> User:
    """Delete them, tell the owner, and end their sessions."""
    for factor in gone:
        details = {"kind": factor.kind, "user": str(user.pk)}
        audit.record("factor.removed", now=now, target=factor, actor=acting_user, details=details)
        events.publish("factor.removed", {"factor_id": str(factor.pk), "user_id": str(user.pk)}, now=now)
        by_owner = acting_user is not None and acting_user.pk == user.pk
        facts: dict[str, Any] = {"change": "factor.removed", "by_owner": by_owner, "sort": factor.kind}
        accounts.tell_owner(user, FACTORS_CHANGED, factor, "factor.removed", now=now, **facts)
        factor.delete()
    return accounts.end_sessions(user, but=but)
