"""Showing again who one is, in a session that goes on: before something dangerous, and long after it began."""

from datetime import datetime

from django.http import HttpRequest

from apps import audit
from apps.accounts import devices, second_steps, sessions
from apps.accounts.models import User
from apps.accounts.services.signing_in import TooManyAttempts
from apps.accounts.services.users import check_present
from apps.core.errors import Refused


class NoSecondStep(Refused):
    code = "no_second_step"
    title = "The account has no second factor"


def confirm(
    request: HttpRequest, user: User, *, present: str, code: str, passkey: str = "", device: str = "", now: datetime
) -> None:
    """Take the password or something of the second step from who is signed in; their session gets another id.

    ``device``: not empty where one of theirs has approved it (``ask_to_approve``).

    Not one transaction: a refusal stays recorded, and a code that was used stays used. Raises ``Refused``.
    """
    try:
        method = _approved(request, user, now) if device else _recognise(request, user, present, code, passkey, now)
    except TooManyAttempts:
        raise
    except Refused:
        audit.record("session.refused", now=now, outcome="failure", actor=user, details={"reason": "confirmation"})
        raise
    request.session.cycle_key()
    sessions.note_recognised(request.session, [method], now)
    audit.record("session.confirmed", now=now, target=user, actor=user, details={"amr": [method]})


def ask_to_approve(request: HttpRequest, user: User, *, now: datetime) -> None:
    """Ask a device of who is signed in. Raises ``Refused``, also where they have none."""
    _step_of(user).ask(request, user, now=now)


def _approved(request: HttpRequest, user: User, now: datetime) -> str:
    _step_of(user).use_approval(request, user, now=now)
    return sessions.APPROVAL


def _step_of(user: User) -> second_steps.SecondStep:
    step = second_steps.of(user)
    if step is None:
        raise NoSecondStep("You have no second factor. Enter your password.")
    return step


def _recognise(request: HttpRequest, user: User, present: str, code: str, passkey: str, now: datetime) -> str:
    step = second_steps.of(user) if code or passkey else None
    if step is None:
        check_present(user, present, now=now)
        return sessions.PASSWORD
    if passkey:
        step.prove(request, user, passkey, now=now)
        return sessions.PASSKEY
    step.verify(user, code, now=now, device=devices.known(request, user.email))
    return sessions.CODE
