"""The second step of signing in. An app above has it, and says here who takes it and where; signing in asks here.

After the right password, or a link to their mailbox, the session of somebody who takes one holds a note of who that
is, and nothing else: it is nobody's, so it reaches no page, API or administration. The note ends with the password and
the sessions of its account, fits one schema, and lives for minutes. Who takes it starts a session with another id.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from django.contrib.auth import logout
from django.http import HttpRequest

from apps.accounts.models import User
from apps.accounts.risk import Assessment
from apps.accounts.sessions import PASSWORD

NOTE: Final = "second_step"
LIFE: Final = timedelta(minutes=10)


class Verify(Protocol):
    def __call__(self, user: User, code: str, *, now: datetime, device: str = "") -> object:
        """Use up a code of the account; ``device`` is what ``devices.known`` says. Raises ``Refused``."""


class Prove(Protocol):
    def __call__(self, request: HttpRequest, user: User, answer: str, *, now: datetime) -> object:
        """Take what a passkey of the account answers to what this session asked of it. Raises ``Refused``."""


class OnDevice(Protocol):
    def __call__(self, request: HttpRequest, user: User, *, now: datetime) -> object:
        """Ask a device of who is signed in here, or use up what it has approved. Raises ``Refused``."""


@dataclass(frozen=True, slots=True)
class SecondStep:
    """``page``: where the step is taken, by name. ``missing`` is the flag of sessions that have to get one first."""

    page: str
    missing: str
    is_taken_by: Callable[[User], bool]
    is_missing_for: Callable[[User], bool]
    verify: Verify
    prove: Prove
    ask: OnDevice
    use_approval: OnDevice
    #: When the account was entered by a strong factor the last time.
    last_taken_at: Callable[[User], datetime | None]


_declared: Final[list[SecondStep]] = []


def declare(step: SecondStep) -> None:
    if _declared:
        raise ValueError("two apps declare the second step of signing in")
    _declared.append(step)


def of(user: User) -> SecondStep | None:
    """The step that this account takes after its password, if it does."""
    return next((one for one in _declared if one.is_taken_by(user)), None)


def missing_for(user: User) -> str:
    """The flag for the session of somebody who should take one and cannot yet; empty for the others."""
    return next((one.missing for one in _declared if one.is_missing_for(user)), "")


def last_taken_at(user: User) -> datetime | None:
    """When the account was entered by a strong factor the last time, if ever."""
    return next((one.last_taken_at(user) for one in _declared), None)


def begin(request: HttpRequest, user: User, risk: Assessment, now: datetime, *, method: str = PASSWORD) -> None:
    """Note who has taken the first step, by what, and how odd that was. Whoever was signed in here is so no more."""
    logout(request)
    request.session.cycle_key()
    request.session[NOTE] = {
        "user": str(user.pk),
        "seal": user.get_session_auth_hash(),
        "at": now.timestamp(),
        "risk": risk.as_details(),
        "method": method,
    }


def first_method(session: Any) -> str:
    """By what the first step was taken (``sessions``); a note of an earlier release does not say it."""
    return str(session.get(NOTE, {}).get("method", PASSWORD))


def pending(session: Any, now: datetime) -> User | None:
    """Whose second step is awaited here; nobody's once the note is too old, or anything of their sign-in changed."""
    note = session.get(NOTE)
    if not note or abs(now.timestamp() - note["at"]) >= LIFE.total_seconds():  # clocks of servers differ
        return None
    user = User.objects.filter(pk=note["user"], is_active=True).first()
    return user if user and hmac.compare_digest(user.get_session_auth_hash(), note["seal"]) else None


def risk_of(session: Any) -> Assessment | None:
    """How odd the sign-in was whose second step is awaited; a note of an earlier release does not say it."""
    said = session.get(NOTE, {}).get("risk")
    return Assessment.kept(said) if said else None
