"""The door to addresses outside: everything that somebody else has written is called through it, and looked at here."""

import logging
import secrets
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import ValidationError

from apps import audit
from apps.audit.models import AuditEntry
from apps.core import context
from apps.core.errors import Refused
from apps.outbound import metrics
from apps.outbound.breaker import admit
from apps.outbound.lines import Line, rules
from resimate_net import Answer, NotOutside, Resolver, Target, Unanswered, addresses_of, send, target_of
from resimate_net.resolving import by_the_system
from resimate_text.sentences import Sentence

logger = logging.getLogger(__name__)

#: Seconds to look a name up while somebody waits for a form; the call itself looks again.
LOOK = 3.0


class AddressRefused(Refused):
    code = "address_refused"
    status = 422
    title = "The address is not one that is called"


class NotAnswered(Refused):
    """``reason`` counts: one of those of ``resimate_net``."""

    code = "destination_unanswered"
    status = 502
    title = "The other side did not answer as it should"

    def __init__(self, failure: Unanswered) -> None:
        super().__init__(failure.detail)
        self.reason = failure.reason


def problem_with(url: str, *, resolve: Resolver = by_the_system) -> Sentence | None:
    """Why an address that somebody wants to store is not called; None if nothing speaks against it now.

    A name that cannot be looked up in time is let pass: every call looks anew.
    """
    try:
        addresses_of(target_of(url, rules()), rules(), seconds=LOOK, resolve=resolve)
    except NotOutside as refused:
        return _sentence(refused)
    except Unanswered as failure:
        return failure.detail if failure.reason == "unknown" else None
    return None


def validate(url: str) -> None:
    """The same for fields of forms, models and serializers: what it raises is told at the field."""
    if problem := problem_with(url):
        raise ValidationError(problem, code="address_refused")


def call(
    line: Line,
    url: str,
    method: str = "POST",
    *,
    now: datetime,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    resolve: Resolver = by_the_system,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Call the address, outside any transaction, and return what was answered, redirects and errors too.

    Raises ``AddressRefused``, ``NotAnswered``, and what ``admit`` raises. The trace goes on in our logs alone: to
    others its id would join what is to stay apart.
    """
    target = _target(line, url, now)
    attempt = admit(line, target.origin, now=now)
    with _observed(line) as seen:
        try:
            answer = send(
                target,
                method,
                headers=headers,
                body=body,
                rules=rules(),
                limits=line.limits,
                resolve=resolve,
                tls=tls,
            )
        except NotOutside as refused:
            attempt.failed("it leads inside")
            raise _refusal(line, refused, now) from None
        except Unanswered as failure:
            seen.outcome = failure.reason
            attempt.failed(failure.detail.removesuffix("."))
            raise NotAnswered(failure) from None
        seen.outcome = f"{answer.status // 100}xx"
        attempt.failed(f"HTTP {answer.status}") if _is_ill(answer) else attempt.succeeded()
    return answer


def _is_ill(answer: Answer) -> bool:
    """Whether the other side is, rather than what was sent to it."""
    return answer.status >= 500 or answer.status == 429


def _target(line: Line, url: str, now: datetime) -> Target:
    try:
        return target_of(url, rules())
    except NotOutside as refused:
        metrics.CALLS.labels(line.purpose, "refused").inc()
        raise _refusal(line, refused, now) from None


def _refusal(line: Line, refused: NotOutside, now: datetime) -> AddressRefused:
    """Into the trail with it: it was stored as one outside, and somebody may have turned it."""
    reason = _sentence(refused)
    details = {"purpose": line.purpose, "reason": str(reason)[:300]}
    audit.record("address.refused", now=now, outcome=AuditEntry.Outcome.DENIED, details=details)
    return AddressRefused(reason)


def _sentence(refused: NotOutside) -> Sentence:
    sentence: Sentence = refused.args[0]
    return sentence


@dataclass(slots=True)
class _Seen:
    outcome: str = "refused"


@contextmanager
def _observed(line: Line) -> Iterator[_Seen]:
    """A span of its own, which ends with a line in the log; neither says more of the address than what it is for."""
    seen, started = _Seen(), time.perf_counter()
    span = replace(context.current(), span_id=secrets.token_hex(8), action=f"outbound {line.purpose}")
    with context.use(span):
        try:
            yield seen
        finally:
            seconds = time.perf_counter() - started
            metrics.CALLS.labels(line.purpose, seen.outcome).inc()
            metrics.CALL_SECONDS.labels(line.purpose).observe(seconds)
            logger.info("called outside", extra={"duration": round(seconds, 4), "status": seen.outcome})
