"""How long a session lasts, and where: some time without use, some hours at most, in one schema only."""

from datetime import datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.settings_keys import HOURS, IDLE_MINUTES
from apps.configuration import services as configuration
from apps.core.tenancy import current_schema

FIRST = "password_is_first"
GRAIN_SECONDS = 60  # use is noted at most once a minute: a session is not written by every request


def idle_seconds() -> int:
    return int(configuration.get(IDLE_MINUTES.name)) * 60


def longest_seconds() -> int:
    return int(configuration.get(HOURS.name)) * 3600


@receiver(user_logged_in)
def bind(sender: Any, request: HttpRequest, user: Any, **_: Any) -> None:
    """Write into a new session where it belongs and when it began."""
    moment = timezone.now().timestamp()
    request.session.update({"schema": current_schema(), "signed_in_at": moment, "seen_at": moment})
    if user.password_is_first:  # a reset ends every session, so each one learns of it when it begins
        request.session[FIRST] = True


def is_alive(session: Any, now: datetime) -> bool:
    """Whether a signed-in session may go on; one that does not say where it belongs may not."""
    moment = now.timestamp()
    return bool(
        session.get("schema") == current_schema()
        and moment - session.get("signed_in_at", 0.0) < longest_seconds()
        and moment - session.get("seen_at", 0.0) < idle_seconds()
    )


def why_over(session: Any, now: datetime) -> str:
    """Why a session that is not alive has ended, as far as it can be told: of itself."""
    return "idle" if now.timestamp() - session.get("seen_at", 0.0) >= idle_seconds() else ""


def note_use(session: Any, now: datetime) -> None:
    if now.timestamp() - session["seen_at"] >= GRAIN_SECONDS:
        session["seen_at"] = now.timestamp()
