"""Codes by text message: sent to a number that its owner has shown to be theirs, each for the session that asked.

They stand in for a second factor and are none (NIST SP 800-63B-4, 3.1.3.3 and 3.2.9: restricted). Each costs money, so
how many are sent is bounded for each account, number and tenant.
"""

import hmac
import secrets
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_noop as _

from apps import audit
from apps.accounts import devices, second_steps, sessions, throttle
from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.core.errors import Problem, Refused
from apps.core.locking import all_locked
from apps.factors import codes
from apps.factors.messages import CODE_LIFE, TEXT_CODE, TEXT_CODE_USED
from apps.factors.models import Factor, Phone, TextCode
from apps.factors.services.asking import party_of
from apps.factors.services.enrolling import Enrolled, NoFactorYet, NothingSetUp, enrolled, first_codes, held
from apps.factors.services.requiring import has_factor, texts_are_offered
from apps.factors.services.verifying import StepOver, WrongCode, attempt, refuse_if_odd
from apps.factors.totp import DIGITS
from apps.notifications import phones, texting
from apps.notifications import services as notifications
from apps.notifications.about import About

#: What of a session says which code is its.
NOTE: Final = "text_code"
#: Wrong ones, after which a code is gone.
TRIES: Final = 5
#: Between one text and the next, of an account and to a number that is not shown to be theirs: half a minute, then
#: twice as long each time. A known device has a queue of its own.
SENDING: Final = throttle.Limit("text", free=0, longest=3600, first=30)
#: Texts of one account within 24 hours, and how many more of them its known devices may have sent.
A_DAY: Final = 10
KEPT: Final = 5
WRONG: Final = _("This code is not right, or good no more. Have another one sent, or use another way.")
NUMBER: Final = "text-number"


class TextsRefused(Refused):
    code = "texts_refused"
    title = "No code is sent by text message"


class NumberRefused(Refused):
    code = "number_refused"
    status = 422
    title = "No text messages go to the number"


def phone_of(user: User, *, confirmed: bool = True) -> Phone | None:
    """The number of an account; with ``confirmed=False`` the one that waits for its first code."""
    known = Phone.objects.filter(factor__user=user, factor__kind=Factor.Kind.TEXT, factor__confirmed=confirmed)
    return known.select_related("factor", "key").first()


def has_text_to_enter(session: Any, phone: Phone | None, now: datetime) -> bool:
    """Whether a code was sent to that phone which this session may enter."""
    return phone is not None and _awaited(session, phone, now) is not None


def begin_phone(request: HttpRequest, user: User, *, number: str, now: datetime) -> None:
    """Send a first code to a number; one that was begun before is forgotten. Raises ``NumberRefused``."""
    number = _read(number)
    _refuse_unoffered()
    with transaction.atomic():
        user = held(user)
        _refuse_alone(user)
        if phone_of(user) is not None:
            raise NumberRefused(_("You have a number. Remove it before you add another."))
        _bound(user, devices.known(request, user.email), now, stranger=number)
        Factor.objects.filter(user=user, kind=Factor.Kind.TEXT, confirmed=False).delete()
        kind: Any = Factor.Kind.TEXT
        factor = Factor.objects.create(user=user, key=user.key, kind=kind, created_at=now)
        phone = Phone.objects.create(factor=factor, key=user.key, number=number)
        _send(request, user, phone, now)


def send_again(request: HttpRequest, user: User, *, now: datetime) -> None:
    """Send another code to the number that waits for its first."""
    _send_to(request, user, now, confirmed=False)


def confirm_phone(request: HttpRequest, user: User, code: str, *, now: datetime, but: UUID | None = None) -> Enrolled:
    """Take the code that was sent to a new number: from now on it stands in for the account's factors.

    Its sessions end ``but`` that of its owner. Raises ``WrongCode``; a code that is guessed at is gone.
    """
    made = first_codes(user)
    with transaction.atomic():
        user = held(user)
        phone = phone_of(user, confirmed=False)
        if phone is None:
            raise NothingSetUp(_("Nothing is being set up any more. Start again."))
        _refuse_alone(user)
        done = None
        if _takes(request.session, phone, code, now):
            factor = phone.factor
            factor.confirmed = True
            factor.save(update_fields=["confirmed"])
            done = enrolled(user, factor, made, now=now, but=but, method=sessions.TEXT)
    if done is None:  # only now: that it was wrong stays counted
        raise WrongCode(WRONG, errors=[Problem("/code", WRONG)])
    return done


def send_text(request: HttpRequest, *, now: datetime) -> None:
    """Send a code to who has shown the right password here, and has a number."""
    user = _half_signed_in(request, now)
    refuse_if_odd(request)
    _send_to(request, user, now, confirmed=True)


def take_second_step_by_text(request: HttpRequest, *, code: str, now: datetime) -> User:
    """Start the session of who has shown the right password here, once they enter the code that was sent for it.

    Not one transaction: a refusal stays recorded, and a code that was used stays used.
    """
    user = _half_signed_in(request, now)
    refuse_if_odd(request)
    try:
        attempt(user, devices.known(request, user.email), lambda: _use(request.session, user, code, now), now=now)
    except WrongCode:
        raise WrongCode(WRONG, errors=[Problem("/code", WRONG)]) from None
    methods = [second_steps.first_method(request.session), sessions.TEXT, sessions.SEVERAL]
    accounts.start_session(request, user, methods=methods, now=now)
    return user


def _half_signed_in(request: HttpRequest, now: datetime) -> User:
    user = second_steps.pending(request.session, now)
    if user is None:
        raise StepOver(_("Signing in took too long. Start again."))
    return user


def _read(text: str) -> str:
    try:
        number = phones.normal(text)
    except ValueError:
        wrong = _("This is no telephone number. Write it with its country, such as +49 151 23456789.")
        raise NumberRefused(wrong, errors=[Problem("/number", wrong)]) from None
    if not texting.goes_to(number):
        far = _(
            "No codes go to this number: it is no mobile phone, or its country is none that your organisation names."
        )
        raise NumberRefused(far, errors=[Problem("/number", far)])
    return number


def _refuse_alone(user: User) -> None:
    if not has_factor(user):
        raise NoFactorYet(_("Set up a passkey or an authenticator app first. Text messages only stand in for one."))


def _refuse_unoffered() -> None:
    if not texts_are_offered():
        raise TextsRefused(_("Your organisation sends no codes by text message. Use another way."))


def _send_to(request: HttpRequest, user: User, now: datetime, *, confirmed: bool) -> None:
    _refuse_unoffered()
    with transaction.atomic():
        user = held(user)
        phone = phone_of(user, confirmed=confirmed)
        if phone is None:
            raise NothingSetUp(_("There is no number to which a code could be sent."))
        _bound(user, devices.known(request, user.email), now, stranger="" if confirmed else phone.number)
        _send(request, user, phone, now)


def _bound(user: User, device: str, now: datetime, *, stranger: str) -> None:
    """Refuse what would cost too much: fraud is to have many texts sent. Raises ``TooManyAttempts``.

    Who knows the password alone comes on a ``device`` that is not known. So they wait in a queue of their own, and the
    last texts of a day are kept for devices on which the account has signed in before: nobody else uses up what its
    owner has left (ASVS 6.1.1). On a new device its owner uses another way, since texts only stand in for one.

    ``stranger``: a number that nobody has shown to be the account's. It counts for whoever says it, and does not keep
    its owner from their own texts, whose number others may say as well.
    """
    sent = notifications.messages_to(About.of(user), user.pk).filter(kind=TEXT_CODE.name)
    most = A_DAY + KEPT if device else A_DAY
    if texting.left_today(now) <= 0 or sent.filter(created_at__gt=now - texting.DAY).count() >= most:
        raise TextsRefused(_("No more codes are sent by text message today. Use another way."))
    counted = [
        (SENDING.kind, f"{user.pk}:{device}" if device else str(user.pk)),
        *([(NUMBER, throttle.digest_of(stranger))] if stranger else []),
    ]
    for what, who in counted:
        if wait := throttle.take(what, who, now, SENDING):
            raise accounts.TooManyAttempts(wait)


def _send(request: HttpRequest, user: User, phone: Phone, now: datetime) -> None:
    """Write the text; the session knows its code, and forgets the one before."""
    phone.sent.filter(created_at__lte=now - CODE_LIFE).delete()
    if before := request.session.get(NOTE):
        phone.sent.filter(pk=before).delete()
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    sent = TextCode.objects.create(phone=phone, key=phone.key, code=code, created_at=now)
    request.session[NOTE] = str(sent.pk)
    audit.record("factor.text_sent", now=now, target=phone.factor, actor=user, details={"user": str(user.pk)})
    facts = {"code": code, "host": party_of(request).host}
    accounts.tell_owner(user, TEXT_CODE, user, str(sent.pk), now=now, address=phone.number, **facts)


def _awaited(session: Any, phone: Phone, now: datetime) -> TextCode | None:
    asked = session.get(NOTE)
    known = phone.sent.filter(pk=asked, created_at__gt=now - CODE_LIFE) if asked else TextCode.objects.none()
    return known.select_related("key").first()


def _takes(session: Any, phone: Phone, code: str, now: datetime) -> bool:
    """Whether that is the code; it is gone then, and after some wrong ones. The factors of the account are locked."""
    sent = _awaited(session, phone, now)
    if sent is None:
        return False
    is_right = hmac.compare_digest(sent.code.encode(), codes.plain(code).encode())
    sent.tries += 1
    if is_right or sent.tries >= TRIES:
        sent.delete()
    else:
        sent.save(update_fields=["tries"])
    return is_right


@transaction.atomic
def _use(session: Any, user: User, code: str, now: datetime) -> Factor | None:
    """The locks put attempts with one code in order: the second finds it used."""
    known = all_locked(Factor.objects.in_use().filter(user=user, kind=Factor.Kind.TEXT))
    phone = phone_of(user) if known and texts_are_offered() else None
    if phone is None or not _takes(session, phone, code, now):
        return None
    factor = phone.factor
    factor.last_used_at = now
    factor.save(update_fields=["last_used_at"])
    accounts.tell_owner(user, TEXT_CODE_USED, factor, str(int(now.timestamp())), now=now)
    return factor
