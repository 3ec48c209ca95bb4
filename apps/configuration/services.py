"""Reading and setting: default in the code, then global, then the tenant's own."""

import time
from datetime import datetime
from typing import Any

from django.db import transaction
from django_tenants.utils import get_public_schema_name, schema_context

from apps import audit
from apps.configuration.models import Setting
from apps.configuration.registry import KEYS
from apps.core.errors import Invalid, Problem
from apps.core.tenancy import current_schema

SECONDS = 5.0
_remembered: dict[str, tuple[float, dict[str, Any]]] = {}


def get(key: str) -> Any:
    """The value in force here and now. Remembered for a few seconds in each process."""
    declared = KEYS[key]
    for schema in (current_schema(), str(get_public_schema_name())):
        level = _level(schema)
        if key in level:
            return level[key]
    return declared.default


def explain(key: str) -> list[dict[str, Any]]:
    """Every level with what it says; the last one that says something wins."""
    levels = [{"level": "default", "value": KEYS[key].default}]
    public = str(get_public_schema_name())
    for name, schema in (("global", public), ("tenant", current_schema())):
        if key in (level := _level(schema)) and not (name == "tenant" and schema == public):
            levels.append({"level": name, "value": level[key]})
    return levels


@transaction.atomic
def change(key: str, value: Any, *, now: datetime, actor: Any = None) -> None:
    """Set a key at the current level: the tenant's in a tenant, the global one in the public schema."""
    if key not in KEYS:
        raise Invalid(f"There is no setting {key}.", errors=[Problem("/key", f"There is no setting {key}.")])
    if problem := KEYS[key].problem_with(value):
        raise Invalid(f"{key}: {problem}", errors=[Problem("/value", problem)])
    Setting.objects.update_or_create(key=key, defaults={"value": value, "changed_at": now})
    audit.record("setting.changed", now=now, actor=actor, details={"key": key, "value": value})
    transaction.on_commit(_remembered.clear)


def _level(schema: str) -> dict[str, Any]:
    known = _remembered.get(schema)
    if known and known[0] > time.monotonic():
        return known[1]
    with schema_context(schema):
        values = dict(Setting.objects.values_list("key", "value"))
    _remembered[schema] = (time.monotonic() + SECONDS, values)
    return values
