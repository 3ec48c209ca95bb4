"""JSON lines with exactly the fields of LOG-001."""

import json
import logging
import os
import re
import traceback
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection

from apps.core import context

FIELDS = (
    "timestamp",
    "level",
    "service",
    "trace_id",
    "span_id",
    "user_id",
    "tenant_id",
    "action",
    "duration",
    "status",
    "message",
)

#: What no log may hold: links that Django has signed, personal links of any kind (32 bytes as base64, after a slash),
#: API keys, addresses (of people, on the telephone too, and of servers with their passwords), and the rows that
#: PostgreSQL quotes when it refuses them. By shape, not by the app that makes them: the server's parent process writes
#: lines and knows no app.
SECRETS = (
    (re.compile(r"(?<=/)[\w.-]+:[\w-]+:[\w-]{20,}"), "…"),
    (re.compile(r"(?<=/)[A-Za-z0-9_-]{43,}"), "…"),
    (re.compile(r"(?<=rsk_live_)(\w{8})_\w+"), r"\1_…"),
    (re.compile(r"[^\s<>()\"'=,/]+@[\w.-]+"), "…@…"),
    (re.compile(r"\+\d{7,15}\b"), "+…"),
    (re.compile(r"^DETAIL:.*?(?=^(?:HINT|CONTEXT):|^$|\Z)", re.MULTILINE | re.DOTALL), "DETAIL: …\n"),
)


def masked(text: str) -> str:
    """The text without secrets and personal data, as far as they can be told from other words.

    >>> masked("Internal Server Error: /a/" + 43 * "x" + "/done/"), masked("to ada@acme.example")
    ('Internal Server Error: /a/…/done/', 'to …@…')
    """
    for secret, mask in SECRETS:
        text = secret.sub(mask, text)
    return text


def _service() -> str:
    """The server's own parent process writes lines too, and knows no Django."""
    return (settings.ROLE if settings.configured else os.environ.get("RESIMATE_ROLE", "")) or "manage"


def _schema() -> str:
    return (getattr(connection, "schema_name", "") or "") if settings.configured else ""


class JSONFormatter(logging.Formatter):
    """One line a record. ``extra`` may set ``action``, ``duration`` (seconds) and ``status``; the rest is known.

    The line has the duration in milliseconds.
    """

    def format(self, record: logging.LogRecord) -> str:
        work, seconds = context.current(), getattr(record, "duration", None)
        line: dict[str, Any] = {
            "timestamp": f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%S}.{int(record.msecs):03}Z",
            "level": record.levelname,
            "service": _service(),
            "trace_id": work.trace_id,
            "span_id": work.span_id,
            "user_id": work.user_id,
            "tenant_id": _schema(),
            "action": getattr(record, "action", "") or work.action or record.name,
            "duration": None if seconds is None else round(seconds * 1000, 1),
            "status": str(getattr(record, "status", "")),
            "message": self._message(record),
        }
        return json.dumps(line, ensure_ascii=False)

    def _message(self, record: logging.LogRecord) -> str:
        trace = traceback.format_exception(*record.exc_info) if record.exc_info else ()
        return masked(record.getMessage() + "".join(["\n", *trace] if trace else ()))
