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
from apps.core.memory import SECONDS, forgets
from apps.core.tenancy import current_schema
from resimate_text.sentences import Sentence

_remembered: dict[str, tuple[float, dict[str, Any]]] = {}


@forgets
def forget() -> None:
    _remembered.clear()


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
    return explain_all()[key]


def explain_all() -> dict[str, list[dict[str, Any]]]:
    """The levels of every key, as they are stored at this moment: whoever changes a setting sees the change."""
    public, current = str(get_public_schema_name()), current_schema()
    levels = {"global": _stored(public)} | ({"tenant": _stored(current)} if current != public else {})
    return {
        key: [{"level": "default", "value": declared.default}]
        + [{"level": name, "value": level[key]} for name, level in levels.items() if key in level]
        for key, declared in KEYS.items()
    }


@transaction.atomic
def change(key: str, value: Any, *, now: datetime, actor: Any = None) -> None:
    """Set a key at the current level: the tenant's in a tenant, the global one in the public schema."""
    if key not in KEYS:
        detail = Sentence("There is no setting {key}.", key=key)
        raise Invalid(detail, errors=[Problem("/key", detail)])
    if problem := KEYS[key].problem_with(value):
        raise Invalid(f"{key}: {problem}", errors=[Problem("/value", problem)])
    Setting.objects.update_or_create(key=key, defaults={"value": value, "changed_at": now})
    kept = {"value": value} if KEYS[key].may_be_kept else {}
    audit.record("setting.changed", now=now, actor=actor, details={"key": key, **kept})
    transaction.on_commit(forget)


def _level(schema: str) -> dict[str, Any]:
    known = _remembered.get(schema)
    if known and known[0] > time.monotonic():
        return known[1]
    values = _stored(schema)
    _remembered[schema] = (time.monotonic() + SECONDS, values)
    return values


def _stored(schema: str) -> dict[str, Any]:
    with schema_context(schema):
        return dict(Setting.objects.values_list("key", "value"))
