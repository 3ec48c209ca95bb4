"""The door to addresses outside: everything that somebody else has written is called through it, and looked at here."""

import logging
import secrets
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, When
from django.db.models.functions import Now

from apps import audit
from apps.audit.models import AuditEntry
from apps.core import context
from apps.core.errors import Refused
from apps.outbound import metrics
from apps.outbound.breaker import Attempt, admit
from apps.outbound.lines import Line, rules
from apps.outbound.models import Destination
from resimate_net import Answer, NotOutside, Resolver, Rules, Target, Unanswered, addresses_of, send, target_of
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
        logger.warning("an address was refused: %s", refused.why)
        return refused.detail
    except Unanswered:
        return None
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
    target = target_in(line, url, rules(), now=now)
    with passage(line, target, now=now) as way:
        answer = send(
            target, method, headers=headers, body=body, rules=rules(), limits=line.limits, resolve=resolve, tls=tls
        )
        way.outcome = f"{answer.status // 100}xx"
        way.attempt.failed(f"HTTP {answer.status}") if _is_ill(answer) else way.attempt.succeeded()
    return answer


@dataclass(slots=True)
class Passage:
    """A call on its way; ``outcome`` is what it counts as. Whoever makes it tells ``attempt`` how the other side is."""

    attempt: Attempt
    outcome: str = "refused"

    def unanswered(self, failure: Unanswered) -> NotAnswered:
        """Note it, and give what is to be raised."""
        self.outcome = failure.reason
        self.attempt.dropped() if failure.reason == "busy" else self.attempt.failed(failure.detail.removesuffix("."))
        return NotAnswered(failure)


@contextmanager
def passage(line: Line, target: Target, *, now: datetime) -> Iterator[Passage]:
    """Let one call through, by whatever client: admitted, seen, and told as by ``call`` where it gets no answer."""
    way = Passage(admit(line, target.origin, now=now))
    with _observed(line, way), way.attempt:
        try:
            yield way
        except NotOutside as refused:
            way.attempt.failed("it does not lead to a public address")
            raise _refusal(line, refused, now) from None
        except Unanswered as failure:
            raise way.unanswered(failure) from None


def target_in(line: Line, url: str, rules: Rules, *, now: datetime) -> Target:
    """Read what somebody has written. Raises ``AddressRefused``."""
    try:
        return target_of(url, rules)
    except NotOutside as refused:
        metrics.CALLS.labels(line.purpose, "refused").inc()
        raise _refusal(line, refused, now) from None


class NoDestination(Refused):
    code = "destination_unknown"
    status = 404
    title = "There is no such destination"


def named(name: str, tenant: str | None = None) -> list[Destination]:
    """The destinations of that name: of each tenant that calls it, or of one. Raises ``NoDestination``."""
    found = Destination.objects.filter(name=name).order_by("tenant")
    destinations = list(found if tenant is None else found.filter(tenant=tenant))
    if not destinations:
        raise NoDestination(Sentence("Nobody has called {name} here.", name=name))
    return destinations


@transaction.atomic
def stop(destination: Destination, *, now: datetime) -> Destination:
    """Call it no more, until somebody lets calls go on."""
    _change(destination, is_stopped=True)
    _tell("destination.stopped", destination, now)
    return destination


@transaction.atomic
def release(destination: Destination, *, now: datetime) -> Destination:
    """Let calls go on: where it was shut, the next one tries, and the others wait for how that ends."""
    _change(destination, is_stopped=False, shut_until=Case(When(shut_until__isnull=False, then=Now())))
    _tell("destination.released", destination, now)
    return destination


def _change(destination: Destination, **values: Any) -> None:
    """In one statement: calls change the row meanwhile."""
    Destination.objects.filter(pk=destination.pk).update(**values)
    destination.refresh_from_db()


def _tell(action: str, destination: Destination, now: datetime) -> None:
    details = {"destination": destination.name}
    audit.record(action, now=now, target=destination, tenant=destination.tenant, details=details)


def _is_ill(answer: Answer) -> bool:
    """Whether the other side is, rather than what was sent to it."""
    return answer.status >= 500 or answer.status == 429


def _refusal(line: Line, refused: NotOutside, now: datetime) -> AddressRefused:
    """Into the trail with it: it was stored as one outside, and somebody may have turned it. The log alone has why."""
    details = {"purpose": line.purpose, "reason": str(refused.detail)[:300]}
    audit.record("address.refused", now=now, outcome=AuditEntry.Outcome.DENIED, details=details)
    logger.warning("a call was refused: %s", refused.why, extra={"action": f"outbound {line.purpose}"})
    return AddressRefused(refused.detail)


@contextmanager
def _observed(line: Line, way: Passage) -> Iterator[None]:
    """A span of its own, which ends with a line in the log; neither says more of the address than what it is for."""
    started = time.perf_counter()
    span = replace(context.current(), span_id=secrets.token_hex(8), action=f"outbound {line.purpose}")
    with context.use(span):
        try:
            yield
        finally:
            seconds = time.perf_counter() - started
            metrics.CALLS.labels(line.purpose, way.outcome).inc()
            metrics.CALL_SECONDS.labels(line.purpose).observe(seconds)
            logger.info("called outside", extra={"duration": round(seconds, 4), "status": way.outcome})
