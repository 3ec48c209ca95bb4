"""How long a session lasts, and where: some time without use, some hours at most, in one schema only.

It says as well how who has it was recognised, as tokens of OpenID Connect do: ``amr`` by what (RFC 8176), ``acr`` how
surely (``aal1``, ``aal2``: NIST SP 800-63B), ``auth_time`` when the last time, ``factor_at`` when by a second factor.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from apps.accounts import holds
from apps.accounts.settings_keys import HOURS, IDLE_MINUTES
from apps.configuration import services as configuration
from apps.core import context
from apps.core.tenancy import current_schema

FIRST = holds.declare(
    "password_is_first",
    "accounts:account",
    "accounts:sign-out",
    code="password_is_first",
    title="The first password must be replaced",
    detail=_("Sign in and replace your first password before you go on."),
).flag
#: The methods of RFC 8176: a password, a code of a second factor, a key that only its owner has, a text message, a
#: question that was answered on another device, more than one of such.
PASSWORD, CODE, PASSKEY, TEXT, APPROVAL, SEVERAL = "pwd", "otp", "pop", "sms", "mca", "mfa"
#: Those of a second factor; a text message only stands in for one.
STRONG: Final = frozenset({CODE, PASSKEY, APPROVAL})
#: A link to the mailbox of the account, for which RFC 8176 has no word: no second factor (ASVS 6.3.6).
MAILBOX = "email"
#: How surely somebody was recognised: by one factor, by two.
AAL1, AAL2 = "aal1", "aal2"
#: For so long after somebody was recognised they may do what is dangerous.
FRESH = timedelta(minutes=10)
GRAIN_SECONDS = 60  # use is noted at most once a minute: a session is not written by every request


def idle_seconds() -> int:
    return int(configuration.get(IDLE_MINUTES.name)) * 60


def longest_seconds() -> int:
    return int(configuration.get(HOURS.name)) * 3600


@receiver(user_logged_in)
def bind(sender: Any, request: HttpRequest, user: Any, **more: Any) -> None:
    """Write into a new session where it belongs, when it began and by what: see ``session_store`` for who reads it."""
    moment, work = timezone.now().timestamp(), context.current()
    request.session.update({"schema": current_schema(), "signed_in_at": moment, "seen_at": moment, "amr": []})
    request.session.update({"user_agent": work.user_agent, "network": network_of(work.ip)})
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


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left of a signed-in session at a moment. By the server's clock alone, whatever the browser's says."""

    session: Any
    now: datetime

    @property
    def seconds(self) -> int:
        """Until it ends, should nobody use it meanwhile."""
        return max(0, min(self._of_idle, self._of_all))

    @property
    def is_final(self) -> bool:
        """Whether no use of it can put the end off."""
        return self._of_all <= self._of_idle

    @property
    def _of_idle(self) -> int:
        return int(self.session.get("seen_at", 0.0) + idle_seconds() - self.now.timestamp())

    @property
    def _of_all(self) -> int:
        return int(self.session.get("signed_in_at", 0.0) + longest_seconds() - self.now.timestamp())


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
    session.update({"amr": sorted(known), "acr": AAL2 if is_by_two else AAL1, "auth_time": moment})
    if not STRONG.isdisjoint(methods):
        session["factor_at"] = moment


def is_fresh(session: Any, now: datetime, max_age: timedelta = FRESH, acr: str = AAL1) -> bool:
    """Whether its owner was recognised that surely not longer ago than that; by ``AAL1`` whatever they have will do."""
    by_factor = session.get("factor_at", 0.0)
    since = by_factor if acr == AAL2 else session.get("auth_time") or session.get("signed_in_at", 0.0)
    return bool(now.timestamp() - since < max_age.total_seconds())


def network_of(ip: str) -> str:
    """The part of the network that an address is in: enough to say "not where I was", and no more.

    >>> network_of("192.0.2.7"), network_of("2001:db8:1:2::1"), network_of("")
    ('192.0.2.0/24', '2001:db8:1::/48', '')
    """
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ""
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))
