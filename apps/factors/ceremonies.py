"""What a browser was asked to show by its passkey: kept in its session, for one answer, for minutes.

WebAuthn calls the question and its answer a ceremony. The challenge never leaves the server but in the question.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from apps.core import once

NOTE: Final = "passkey"
LIFE: Final = timedelta(minutes=5)
#: What the answer will be good for.
SIGN_IN, SECOND_STEP, CONFIRM, ENROL = "sign-in", "second-step", "confirm", "enrol"


@dataclass(frozen=True, slots=True)
class Asked:
    """``handle``: what the authenticator will call the person, where a passkey is made; in hexadecimal digits."""

    challenge: bytes
    handle: str = ""


def begin(session: Any, purpose: str, now: datetime, handle: str = "") -> Asked:
    """Ask anew; what was asked before is forgotten."""
    asked = Asked(secrets.token_bytes(32), handle)
    session[NOTE] = {
        "for": purpose,
        "challenge": asked.challenge.hex(),
        "handle": handle,
        "at": now.timestamp(),
    }
    return asked


def take(session: Any, purpose: str, now: datetime) -> Asked | None:
    """What was asked here for that, once: it is gone whatever the answer is worth, for two at the same moment, too."""
    note = session.pop(NOTE, None)
    if not note or note["for"] != purpose:
        return None
    if abs(now.timestamp() - note["at"]) >= LIFE.total_seconds():  # clocks of servers differ
        return None
    if not once.is_first(f"passkey:{note['challenge']}", int(LIFE.total_seconds())):
        return None
    return Asked(bytes.fromhex(note["challenge"]), note["handle"])
