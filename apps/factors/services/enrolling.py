"""Setting up a factor. It opens something once its owner has shown the first code; then their other sessions end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop as _

from apps import audit
from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.core import events
from apps.core.errors import Problem, Refused
from apps.core.locking import lock
from apps.factors import codes, totp
from apps.factors.messages import FACTORS_CHANGED
from apps.factors.models import BackupCode, Factor
from apps.factors.services.requiring import has_factor
from apps.factors.services.verifying import WRONG, WrongCode

#: Factors of one account, backup codes aside.
MOST = 10
#: For so long a seed waits for its first code: it may have been seen by who was here before.
WAITS = timedelta(minutes=30)


class TooManyFactors(Refused):
    code = "too_many_factors"
    title = "The account has as many second factors as it can have"


class NothingSetUp(Refused):
    code = "factor_not_begun"
    title = "No second factor is being set up"


class NoFactorYet(Refused):
    code = "no_factor_yet"
    title = "Backup codes stand in for a second factor, and there is none"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """``codes`` are new backup codes, to be shown once; none where the account has some."""

    user: User
    codes: Sequence[str]


@transaction.atomic
def begin_app(user: User, *, name: str, now: datetime) -> Factor:
    """Make the seed for an authenticator app; one that was begun before is forgotten."""
    user = _held(user)
    Factor.objects.filter(user=user, kind=Factor.Kind.APP, confirmed=False).delete()
    if Factor.objects.strong().filter(user=user).count() >= MOST:
        raise TooManyFactors(_("You have ten authenticator apps. Remove one that you do not use any more."))
    return Factor.objects.create(
        user=user, key=user.key, kind=Factor.Kind.APP, name=name, seed=totp.new_seed(), created_at=now
    )


def begun_app(user: User, now: datetime) -> Factor | None:
    """The app that waits for its first code."""
    begun = Factor.objects.filter(user=user, kind=Factor.Kind.APP, confirmed=False, created_at__gt=now - WAITS)
    return begun.select_related("key").first()


def confirm_app(user: User, code: str, *, now: datetime, but: UUID | None = None) -> Enrolled:
    """Take the first code of the app that was begun: from now on the account is opened by it, too.

    Its sessions end ``but`` that of its owner; so they do below.
    """
    is_first = not Factor.objects.filter(user=user, kind=Factor.Kind.CODES).exists()
    made = codes.make() if is_first else []  # slow on purpose, so before the transaction
    with transaction.atomic():
        user = _held(user)
        factor = begun_app(user, now)
        if factor is None:
            raise NothingSetUp(_("Nothing is being set up any more. Start again."))
        step = factor.step_of(codes.plain(code), now)
        if step is None:
            raise WrongCode(WRONG, errors=[Problem("/code", WRONG)])
        factor.confirmed, factor.last_step, factor.last_used_at = True, step, now
        factor.save(update_fields=["confirmed", "last_step", "last_used_at"])
        if made:
            _store(user, made, now)
        _tell(user, factor, "factor.enrolled", now)
        return Enrolled(accounts.end_sessions(user, but=but), [one.text for one in made])


def renew_codes(user: User, *, now: datetime, but: UUID | None = None) -> Enrolled:
    """Make new backup codes; those of before open nothing any more."""
    _refuse_without(user)
    made = codes.make()  # slow on purpose, so before the transaction
    with transaction.atomic():
        user = _held(user)
        _refuse_without(user)
        _tell(user, _store(user, made, now), "factor.codes_renewed", now)
        return Enrolled(accounts.end_sessions(user, but=but), [one.text for one in made])


def _refuse_without(user: User) -> None:
    if not has_factor(user):
        raise NoFactorYet(_("Set up an authenticator app first. Backup codes stand in for it."))


def _held(user: User) -> User:
    """The account and its factors, locked: who uses a code locks the factors alone, so they come first."""
    lock(Factor.objects.filter(user=user))
    return accounts.held(user)


def _store(user: User, made: Sequence[codes.Made], now: datetime) -> Factor:
    Factor.objects.filter(user=user, kind=Factor.Kind.CODES).delete()
    kind: Any = Factor.Kind.CODES
    factor = Factor.objects.create(user=user, key=user.key, kind=kind, confirmed=True, created_at=now)
    BackupCode.objects.bulk_create(BackupCode(factor=factor, mark=one.mark, hashed=one.hashed) for one in made)
    return factor


def _tell(user: User, factor: Factor, what: str, now: datetime) -> None:
    audit.record(what, now=now, target=factor, actor=user, details={"kind": factor.kind, "user": str(user.pk)})
    events.publish(what, {"factor_id": str(factor.pk), "user_id": str(user.pk)}, now=now)
    accounts.tell_owner(
        user, FACTORS_CHANGED, factor, what, now=now, change=what, is_app=factor.kind == Factor.Kind.APP
    )
