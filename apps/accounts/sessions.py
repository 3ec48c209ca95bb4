"""How long a session lasts, and where: some time without use, some hours at most, in one schema only.

It says as well how who has it was recognised, as tokens of OpenID Connect do: ``amr`` by what (RFC 8176), ``acr`` how
surely (``aal1``, ``aal2``: NIST SP 800-63B), ``auth_time`` when the last time, ``factor_at`` when by a second factor.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from apps.accounts import holds
from apps.accounts.settings_keys import HOURS, IDLE_MINUTES
from apps.configuration import services as configuration
from apps.core.tenancy import current_schema

FIRST = holds.declare(
    "password_is_first",
    "accounts:account",
    "accounts:sign-out",
    code="password_is_first",
    title="The first password must be replaced",
    detail=_("Sign in and replace your first password before you go on."),
).flag
#: The methods of RFC 8176: a password, a code of a second factor, more than one of such.
PASSWORD, CODE, SEVERAL = "pwd", "otp", "mfa"
#: For so long after somebody was recognised they may do what is dangerous.
FRESH = timedelta(minutes=10)
GRAIN_SECONDS = 60  # use is noted at most once a minute: a session is not written by every request


def idle_seconds() -> int:
    return int(configuration.get(IDLE_MINUTES.name)) * 60


def longest_seconds() -> int:
    return int(configuration.get(HOURS.name)) * 3600


@receiver(user_logged_in)
def bind(sender: Any, request: HttpRequest, user: Any, **more: Any) -> None:
    """Write into a new session where it belongs and when it began."""
    moment = timezone.now().timestamp()
    request.session.update({"schema": current_schema(), "signed_in_at": moment, "seen_at": moment, "amr": []})
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


def note_recognised(session: Any, methods: Sequence[str], now: datetime) -> None:
    """Write into a session by what its owner was recognised just now."""
    moment = int(now.timestamp())
    known = {*methods, *session.get("amr", ())}
    is_by_two = SEVERAL in known
    session.update({"amr": sorted(known), "acr": "aal2" if is_by_two else "aal1", "auth_time": moment})
    if CODE in methods:
        session["factor_at"] = moment


def is_fresh(session: Any, now: datetime, max_age: timedelta = FRESH) -> bool:
    """Whether its owner was recognised, by whatever they have, not longer ago than that."""
    since = session.get("auth_time") or session.get("signed_in_at", 0.0)
    return bool(now.timestamp() - since < max_age.total_seconds())
