"""Approving a sign-in on a device: the page that waits shows a number, and who holds the device enters it there.

So nobody lets a stranger in by pressing a button they did not expect (number matching, ASVS 6.6.4). A question belongs
to the session that asked, is answered once within two minutes, and ends with a wrong number. Its link is sealed, and
leaves encrypted for one browser: who knows the address of the device alone has neither.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_noop as _

from apps import audit
from apps.accounts import devices, second_steps, sessions, throttle
from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.accounts.risk import Assessment, Outcome
from apps.accounts.sealed_links import SealedLinks
from apps.core import context, events
from apps.core.errors import Problem, Refused
from apps.core.locking import all_locked, lock
from apps.factors import codes
from apps.factors.messages import APPROVAL_DENIED
from apps.factors.models import LIFE, TO_ANSWER, Approval, Device, Factor
from apps.factors.services.enrolling import NothingSetUp, held
from apps.factors.services.requiring import pushes_are_offered
from apps.factors.services.verifying import StepOver, note_refusal
from apps.keys import signatures

#: What of a session says which question is its.
NOTE: Final = "approval"
#: After "It was not me" devices that nobody knows cause no question for so long.
REST: Final = timedelta(hours=1)
#: Questions of an account, so that nobody is tired into a yes. A known device has a queue of its own.
ASKING = throttle.Limit("approval", free=3, longest=3600, first=30)
State = Approval.State

LINKS = SealedLinks(
    "factors.approval",
    "factors:approve",
    rows=lambda: Approval.objects.select_related("key", "user__key", "factor__key"),
    said=lambda approval: f"{approval.user_id}|{approval.factor_id}",
)


class ApprovalRefused(Refused):
    code = "approval_refused"
    title = "No device is asked"


class NotApproved(Refused):
    code = "not_approved"
    title = "The device has not approved it"


class ApprovalOver(Refused):
    code = "approval_over"
    status = 410
    title = "The question has been answered, is too old, or is incomplete"


class WrongNumber(Refused):
    code = "wrong_number"
    status = 422
    title = "The number is not that of the page that waits"


def devices_of(user: User) -> QuerySet[Device]:
    """Those that can be asked, the last used first."""
    ours = Device.objects.select_related("factor__key", "key").filter(factor__user=user, factor__confirmed=True)
    return ours.order_by("-factor__last_used_at", "pk")


def may_be_approved(session: Any, user: User) -> bool:
    """Whether this sign-in may be approved on a device: none that is odd, since it takes what no page can fake."""
    return pushes_are_offered() and not _is_odd(session) and devices_of(user).exists()


def approval_of(session: Any, user: User) -> Approval | None:
    """The question that this session has asked."""
    asked = session.get(NOTE)
    found = Approval.objects.filter(pk=asked, user=user) if asked else Approval.objects.none()
    return found.select_related("key", "factor__key").first()


def has_asked(session: Any) -> bool:
    return NOTE in session


def ask_device(request: HttpRequest, factor_id: UUID | None, *, now: datetime) -> None:
    """Ask a device of who has shown the right password here; without an id the last used one."""
    _ask_one(request, half_signed_in(request, now), factor_id, now)


def ask_device_again(request: HttpRequest, user: User, *, now: datetime) -> None:
    """Ask the last used device of who is signed in here, and is to show once more who they are."""
    _ask_one(request, user, None, now)


def _ask_one(request: HttpRequest, user: User, factor_id: UUID | None, now: datetime) -> None:
    if not may_be_approved(request.session, user):
        raise ApprovalRefused(_("This cannot be approved on a device. Use another way."))
    with transaction.atomic():
        user = held(user)
        ours = devices_of(user)
        device = (ours.filter(factor=factor_id) if factor_id else ours).first()
        if device is None:
            raise NothingSetUp(_("There is no such device any more."))
        ask(request, user, device.factor, now=now)


def ask(request: HttpRequest, user: User, factor: Factor, *, now: datetime) -> None:
    """Note the question, and have it sent. The factors of the account are locked: one question waits at the most."""
    known = devices.known(request, user.email)
    waiting = Approval.objects.filter(user=user, state=State.PENDING)
    if not known:
        _refuse_strangers(request.session, user, waiting, now)
    if wait := throttle.take(ASKING.kind, f"{user.pk}:{known}", now, ASKING):
        raise accounts.TooManyAttempts(wait)
    waiting.update(state=State.REPLACED)
    Approval.objects.filter(user=user, created_at__lte=now - REST).delete()
    work = context.current()
    approval = Approval.objects.create(
        user=user,
        factor=factor,
        key=user.key,
        number=str(secrets.randbelow(90) + 10),
        user_agent=work.user_agent,
        network=sessions.network_of(work.ip),
        created_at=now,
    )
    request.session[NOTE] = str(approval.pk)
    _tell("factor.approval_asked", approval, now)


def _refuse_strangers(session: Any, user: User, waiting: QuerySet[Approval], now: datetime) -> None:
    """A device that nobody knows takes no turn of its owner's, and none for a while after a no."""
    others = waiting.filter(created_at__gt=now - LIFE).exclude(pk=session.get(NOTE))
    denied = Approval.objects.filter(user=user, state=State.DENIED, created_at__gt=now - REST)
    if others.exists() or denied.exists():
        raise ApprovalRefused(_("No device is asked at the moment. Use another way, or try again later."))


def find_approval(token: str, *, now: datetime) -> Approval:
    """The question behind a link, while it can be answered. Raises ``ApprovalOver``."""
    approval = LINKS.found(token)
    if approval is None or not approval.can_be_answered(now):
        raise ApprovalOver(_("This has been answered already, or was too long ago."))
    return approval


def approve(token: str, *, number: str, now: datetime) -> None:
    """Answer yes, by the number on the page that waits: another one is a no. Raises ``ApprovalOver``."""
    with transaction.atomic():
        approval = _held(token, now)
        is_right = hmac.compare_digest(approval.number.encode(), codes.plain(number).encode())
        approval.state = State.APPROVED if is_right else State.MISSED
        approval.save(update_fields=["state"])
        if is_right:
            _record("factor.approval_given", approval, now)
    if not is_right:  # only now: that it is over stays
        note_refusal(approval.user, "number", now)
        wrong = _("The page that waits shows another number. It has been refused, and can be begun again there.")
        raise WrongNumber(wrong, errors=[Problem("/number", wrong)])


@transaction.atomic
def deny(token: str, *, now: datetime) -> None:
    """Answer that it was somebody else: they know the password, so its owner is told (ASVS 6.3.5)."""
    approval = _held(token, now, State.PENDING, State.APPROVED)
    approval.state = State.DENIED
    approval.save(update_fields=["state"])
    _tell("factor.approval_denied", approval, now, outcome="failure")
    if approval.factor.confirmed:  # of a device that was being added they know themselves
        accounts.tell_owner(approval.user, APPROVAL_DENIED, approval.user, str(approval.pk), now=now)


def _held(token: str, now: datetime, *states: State) -> Approval:
    """The question, locked, so that of two answers at once the second finds the first."""
    found = LINKS.found(token)
    if found is not None:
        lock(Approval.objects.filter(pk=found.pk))
        found = LINKS.found(token)
    if found is None or found.state not in (states or (State.PENDING,)) or now - found.created_at >= TO_ANSWER:
        raise ApprovalOver(_("This has been answered already, or was too long ago."))
    return found


def take_second_step_by_approval(request: HttpRequest, *, now: datetime) -> User:
    """Start the session of who has shown the right password here, once the device that it asked has approved it."""
    user = half_signed_in(request, now)
    use_approval(request, user, now=now)
    methods = [second_steps.first_method(request.session), sessions.APPROVAL, sessions.SEVERAL]
    accounts.start_session(request, user, methods=methods, now=now)
    return user


def use_approval(request: HttpRequest, user: User, *, now: datetime) -> None:
    """Use up the question of this session, once the device has approved it. Raises ``NotApproved``."""
    if not may_be_approved(request.session, user) or _use(request, user, now) is None:
        raise NotApproved(_("It has not been approved yet. Open the notification on your device."))


@transaction.atomic
def _use(request: HttpRequest, user: User, now: datetime) -> Factor | None:
    known = {one.pk: one for one in all_locked(Factor.objects.in_use().filter(user=user, kind=Factor.Kind.PUSH))}
    used = used_up(request.session, user, now)
    factor = known.get(used.factor_id) if used else None
    if factor is not None:
        factor.last_used_at = now
        factor.save(update_fields=["last_used_at"])
        throttle.forgive(ASKING.kind, f"{user.pk}:{devices.known(request, user.email)}")
    return factor


def used_up(session: Any, user: User, now: datetime) -> Approval | None:
    """The question of this session if it was approved: it is used then. The factors of the account are locked."""
    asked = session.get(NOTE)
    approved = Approval.objects.filter(pk=asked, user=user, state=State.APPROVED, created_at__gt=now - LIFE)
    found = next(iter(all_locked(approved)), None) if asked else None
    if found is not None:
        found.state = State.USED
        found.save(update_fields=["state"])
        del session[NOTE]
    return found


def half_signed_in(request: HttpRequest, now: datetime) -> User:
    user = second_steps.pending(request.session, now)
    if user is None:
        raise StepOver(_("Signing in took too long. Start again."))
    return user


def _is_odd(session: Any) -> bool:
    begun = session.get("risk")  # of one that is signed in
    odd = second_steps.risk_of(session) or (Assessment.kept(begun) if begun else None)
    return odd is not None and odd.outcome >= Outcome.STRONGER


def _tell(what: str, approval: Approval, now: datetime, outcome: str = "success") -> None:
    _record(what, approval, now, outcome)
    told = {"factor_id": approval.factor_id, "user_id": approval.user_id, "approval_id": approval.pk}
    events.publish(what, {name: str(value) for name, value in told.items()}, now=now)


def _record(what: str, approval: Approval, now: datetime, outcome: str = "success") -> None:
    user = approval.user
    audit.record(what, now=now, target=approval.factor, actor=user, outcome=outcome, details={"user": str(user.pk)})


@signatures.declare("questions to devices")
def _live_since(now: datetime) -> datetime:
    return now - LIFE
