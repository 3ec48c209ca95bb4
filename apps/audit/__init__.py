"""The audit trail. ``audit.record`` says in a service what happened; django-auditlog adds which fields changed."""

from typing import Any


def record(action: str, **details: Any) -> None:
    """Write one audit entry in the current transaction: see :func:`apps.audit.services.record`."""
    from apps.audit import services

    services.record(action, **details)
