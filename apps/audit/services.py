from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import models

from apps.audit import kinds
from apps.audit.models import AuditEntry
from apps.core import context
from apps.core.fields import new_id
from apps.core.tenancy import current_schema

Inspector = Callable[[str], None]
_inspectors: list[Inspector] = []


def inspect_with(inspector: Inspector) -> None:
    """Show the function each action that is recorded; what it raises is raised there."""
    _inspectors.append(inspector)


def record(
    action: str,
    *,
    now: datetime,
    target: models.Model | None = None,
    actor: Any = None,
    outcome: str = AuditEntry.Outcome.SUCCESS,
    details: dict[str, Any] | None = None,
    tenant: str | None = None,
    using: str | None = None,
) -> None:
    """Record that ``actor`` did ``action`` (``noun.verb`` in the past tense) to ``target``, in the current transaction.

    Without an ``actor`` it is whoever the current work is for: the signed-in person, a participant, or the system.
    It is they, too, who look at the product as the ``actor`` does.
    ``details`` hold ids and plain values, never names, addresses or answers.
    """
    for inspect in _inspectors:
        inspect(action)
    work = context.current()
    if actor is not None and work.noted.get("viewed_as") == str(actor.pk):
        actor = None
    AuditEntry.objects.using(using).bulk_create(
        [
            AuditEntry(
                id=new_id(),
                tenant=tenant or current_schema(),
                occurred_at=now,
                category=kinds.category_of(action),
                action=action,
                outcome=outcome,
                actor_type="user" if actor is not None else work.actor_type,
                actor=str(actor.pk) if actor is not None else work.user_id,
                ip=work.ip[:45],
                user_agent=work.user_agent,
                trace_id=work.trace_id,
                object_type=target._meta.label_lower if target is not None else "",
                object_id=str(target.pk) if target is not None else "",
                details={**(details or {}), **work.noted},
            )
        ]
    )
