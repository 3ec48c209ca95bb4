"""JSON lines with exactly the fields of LOG-001."""

import json
import logging
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


class JSONFormatter(logging.Formatter):
    """One line a record. ``extra`` may set ``action``, ``duration`` (seconds) and ``status``; the rest is known."""

    def format(self, record: logging.LogRecord) -> str:
        work = context.current()
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": settings.ROLE or "manage",
            "trace_id": work.trace_id,
            "span_id": work.span_id,
            "user_id": work.user_id,
            "tenant_id": getattr(connection, "schema_name", "") or "",
            "action": getattr(record, "action", "") or work.action or record.name,
            "duration": getattr(record, "duration", None),
            "status": str(getattr(record, "status", "")),
            "message": self._message(record),
        }
        return json.dumps(line, ensure_ascii=False)

    def _message(self, record: logging.LogRecord) -> str:
        if not record.exc_info:
            return record.getMessage()
        return record.getMessage() + "\n" + "".join(traceback.format_exception(*record.exc_info))
