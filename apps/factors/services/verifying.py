"""Taking a code: once each, and ever more slowly from who guesses."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_noop as _

from apps import audit
from apps.accounts import devices, second_steps, sessions, throttle
from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.accounts.risk import Outcome
from apps.core import events, once
from apps.core.errors import Problem, Refused
from apps.core.locking import all_locked
from apps.factors import codes
from apps.factors.messages import BACKUP_CODE_USED, CODES_GUESSED
from apps.factors.models import BackupCode, Factor

WRONG = _("This code is not right, or has been used already. Wait for the next one, or use another.")
TOO_WEAK = _(
    "This sign-in is unusual, so it takes the second factor itself. A backup code will do on a device that you have "
    "proved by the link in our e-mail."
)
#: Codes that somebody guesses, at all of an account's factors together. A known device has a queue of its own.
GUESSES = throttle.Limit("factor", free=5, longest=300)
#: Seconds for which one refusal on record stands for all that follow.
NEWS = 60
HOUR = 3600


class WrongCode(Refused):
    code = "wrong_code"
    status = 422
    title = "The code is not right, or has been used"


class StepOver(Refused):
    code = "second_step_over"
    status = 401
    title = "Signing in has taken too long, or has been overtaken"


def take_second_step(request: HttpRequest, *, code: str, now: datetime) -> User:
    """Start the session of who has shown the right password here, once they bring a code.

    Not one transaction: a refusal stays recorded, and a code that was used stays used.
    """
    user = second_steps.pending(request.session, now)
    if user is None:
        raise StepOver(_("Signing in took too long. Start again."))
    if len(codes.plain(code)) == codes.LENGTH:
        refuse_if_odd(request)
    verify(user, code, now=now, device=devices.known(request, user.email))
    methods = [second_steps.first_method(request.session), sessions.CODE, sessions.SEVERAL]
    accounts.start_session(request, user, methods=methods, now=now)
    return user


def refuse_if_odd(request: HttpRequest) -> None:
    """An odd sign-in takes the factor itself, and nothing in its place."""
    odd = second_steps.risk_of(request.session)
    if odd is not None and odd.outcome >= Outcome.STRONGER:
        raise WrongCode(TOO_WEAK, errors=[Problem("/code", TOO_WEAK)])


def verify(user: User, code: str, *, now: datetime, device: str = "") -> Factor:
    """Use up a code of whichever factor of the account it is. Raises ``WrongCode`` and ``TooManyAttempts``."""
    return attempt(user, device, lambda: _use(user, codes.plain(code), now), now=now)


def attempt(user: User, device: str, use: Callable[[], Factor | None], *, now: datetime) -> Factor:
    """Use up a code by ``use``, which finds its factor; all of an account's codes share one count of guesses."""
    who = f"{user.pk}:{device}" if device else str(user.pk)
    if wait := throttle.take(GUESSES.kind, who, now, GUESSES):
        note_refusal(user, "throttled", now)
        raise accounts.TooManyAttempts(wait)
    factor = use()
    if factor is None:
        note_refusal(user, "code", now)
        _warn(user, who, now)
        raise WrongCode(WRONG, errors=[Problem("/code", WRONG)])
    throttle.forgive(GUESSES.kind, who)
    return factor


@transaction.atomic
def _warn(user: User, who: str, now: datetime) -> None:
    """Write to the owner whose codes somebody guesses, once an hour: they know the password (ASVS 6.3.5)."""
    if throttle.counted(GUESSES.kind, who) >= GUESSES.free and once.is_first(f"codes-guessed:{user.pk}", HOUR):
        accounts.tell_owner(user, CODES_GUESSED, user, str(int(now.timestamp()) // HOUR), now=now)


@transaction.atomic
def _use(user: User, code: str, now: datetime) -> Factor | None:
    """The locks put attempts with one code in order: the second finds it used."""
    known = all_locked(Factor.objects.in_use().filter(user=user).select_related("key"))
    factor = next((one for one in known if _takes(one, user, code, now)), None)
    if factor is not None:
        factor.last_used_at = now
        factor.save(update_fields=["last_used_at", "last_step"])
    return factor


def _takes(factor: Factor, user: User, code: str, now: datetime) -> bool:
    if factor.kind == Factor.Kind.CODES:
        return _takes_backup_code(factor, user, code, now)
    step = factor.step_of(code, now)
    factor.last_step = step or factor.last_step
    return step is not None


def _takes_backup_code(factor: Factor, user: User, code: str, now: datetime) -> bool:
    if len(code) != codes.LENGTH:
        return False
    found = factor.codes.filter(mark=codes.mark_of(code), used_at=None).first()
    if not codes.fits(code, found.hashed if found else "") or found is None:
        return False
    BackupCode.objects.filter(pk=found.pk).update(used_at=now)
    left = factor.codes.filter(used_at=None).count()
    audit.record("factor.backup_code_used", now=now, target=factor, actor=user, details={"left": left})
    events.publish("factor.backup_code_used", {"factor_id": str(factor.pk), "user_id": str(user.pk)}, now=now)
    accounts.tell_owner(user, BACKUP_CODE_USED, factor, str(found.pk), now=now, left=left)
    return True


def note_refusal(user: User, reason: str, now: datetime) -> None:
    if once.is_first(f"factor-refused:{user.pk}:{reason}", NEWS):
        audit.record("factor.refused", now=now, target=user, actor=user, outcome="failure", details={"reason": reason})
