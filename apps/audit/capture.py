"""From django-auditlog's idea of a change to an entry of ours."""

from typing import Any

from auditlog.registry import auditlog
from django.db import models
from django.utils import timezone

from apps.audit import services
from apps.audit.models import AuditEntry

VERBS = {
    AuditEntry.Action.CREATE: "created",
    AuditEntry.Action.UPDATE: "changed",
    AuditEntry.Action.DELETE: "deleted",
    AuditEntry.Action.ACCESS: "read",
}


def follow(*models_: type[models.Model], exclude: tuple[str, ...] = ()) -> None:
    """Record every change of these models, field by field; of personal data and long texts only that they changed."""
    for model in models_:
        binary = [field.name for field in model._meta.fields if isinstance(field, models.BinaryField)]
        auditlog.register(model, exclude_fields=[*exclude, *binary])


def entry_of_change(instance: models.Model, force_log: bool, details: dict[str, Any]) -> None:
    changes = details.get("changes")
    if changes is None and not force_log:
        return
    verb = VERBS[details.get("action", AuditEntry.Action.UPDATE)]
    services.record(
        f"{instance._meta.model_name}.fields_{verb}",
        now=timezone.now(),
        target=instance,
        details={"changes": {name: _shown(instance, name, change) for name, change in (changes or {}).items()}},
    )


def entry_of_relation(changed: Any, instance: models.Model, operation: str, field_name: str) -> None:
    ids = [str(one.pk) for one in changed or ()]
    if ids:
        services.record(
            f"{instance._meta.model_name}.fields_changed",
            now=timezone.now(),
            target=instance,
            details={"changes": {field_name: {"operation": operation, "ids": ids}}},
        )


def _shown(instance: models.Model, name: str, change: Any) -> Any:
    field = instance._meta.get_field(name)
    if getattr(field, "pii", None) or name == "password":
        return "personal"
    return "text" if isinstance(field, models.TextField) else change  # people write names into texts
