"""Who looked at personal data, and who took it away: an entry for each request, never one for each row.

``<kind>.read`` or ``<kind>.exported`` says what kind of data it was, how many rows, and by which filters they were
chosen (the names of the filters: what was looked for may be a name itself).
"""

import re
from datetime import datetime
from typing import Any

from django.db import models

from apps.audit import services


def kind_of(model: type[models.Model]) -> str:
    """The word for a model in actions.

    >>> from apps.audit.models import AuditEntry
    >>> kind_of(AuditEntry)
    'audit_entry'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", model.__name__).lower()


def is_personal(model: type[models.Model]) -> bool:
    """Whether somebody is named in the model's rows, or can be written to by them."""
    return any(getattr(field, "pii", None) for field in model._meta.get_fields())


def note(
    kind: str,
    *,
    now: datetime,
    target: models.Model | None = None,
    is_export: bool = False,
    details: dict[str, Any] | None = None,
) -> None:
    """Record that whom the current work is for read personal data of this kind."""
    services.record(f"{kind}.{'exported' if is_export else 'read'}", now=now, target=target, details=details)
