"""One trace from the request over the outbox to the worker, on log lines with exactly the fields of LOG-001."""

import json
import logging
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client

from apps.audit.models import AuditEntry
from apps.core import context, events
from apps.core.models import Event
from apps.core.observability.logs import JSONFormatter

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
FIELDS = ["timestamp", "level", "service", "trace_id", "span_id", "user_id", "tenant_id", "action", "duration"]


def _line(**extra: Any) -> dict[str, Any]:
    record = logging.makeLogRecord({"name": "resimate", "msg": "said", "levelname": "INFO", **extra})
    line: dict[str, Any] = json.loads(JSONFormatter().format(record))
    return line


@pytest.mark.requirement("LOG-001")
def test_a_line_has_exactly_the_fields_that_are_specified(acme: Any) -> None:
    with context.use(context.Work(trace_id=TRACE, span_id="00f067aa0ba902b7", user_id="u1")):
        line = _line(action="campaign.opened", duration=0.25, status=200)

    assert list(line) == [*FIELDS, "status", "message"]
    assert (line["trace_id"], line["user_id"], line["tenant_id"]) == (TRACE, "u1", "acme")
    assert (line["action"], line["duration"], line["status"], line["message"]) == (
        "campaign.opened",
        250.0,
        "200",
        "said",
    )
    assert line["timestamp"].endswith("Z")
    assert datetime.fromisoformat(line["timestamp"]).tzinfo is not None
    assert line["level"] == "INFO"


@pytest.mark.requirement("LOG-001", "MON-002")
def test_a_fault_stays_on_one_line_with_its_traceback() -> None:
    try:
        raise LookupError("no such band")
    except LookupError as error:
        line = _line(exc_info=(type(error), error, error.__traceback__), levelname="ERROR")

    assert line["level"] == "ERROR"
    assert "LookupError: no such band" in line["message"]


@pytest.mark.requirement("MON-002")
@pytest.mark.parametrize("trace", [TRACE, "nonsense"])
def test_a_client_does_not_choose_the_trace_of_our_records(acme: Any, client: Client, trace: str) -> None:
    """Who could choose it would join the entries of others, or have theirs look like its own."""
    answer = client.get(
        "/sign-in/", headers={"host": "acme.localhost", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    )

    assert len(answer["X-Request-Id"]) == 32
    assert answer["X-Request-Id"] != TRACE


@pytest.mark.requirement("MON-002", "LOG-002")
def test_the_trace_goes_through_the_outbox_into_the_audit_trail(acme: Any, now: datetime) -> None:
    from apps import audit

    with context.use(context.Work(trace_id=TRACE, span_id="00f067aa0ba902b7")), transaction.atomic():
        event = events.publish("campaign.opened", {"campaign_id": str(UUID(TRACE))}, now=now)
    stored = Event.objects.get(pk=event.pk)

    with context.use(context.continued(stored.traceparent)) as work:
        audit.record("campaign.opened", now=now)

    assert work.trace_id == TRACE
    assert AuditEntry.objects.latest("recorded_at").trace_id == TRACE
