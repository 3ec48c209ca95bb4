"""What the tests of recovery look at."""

from typing import Any

from apps.audit.models import AuditEntry
from apps.core.parts import PARTS, State, look
from apps.keys.models import DataKey


def part() -> State:
    return look([PARTS["key_recovery"]])["key_recovery"]


def stored() -> list[Any]:
    return list(DataKey.objects.order_by("pk").values_list("pk", "provider", "wrapped", "escrow"))


def trail(action: str) -> list[tuple[str, dict[str, Any]]]:
    return list(AuditEntry.objects.filter(action=action).order_by("tenant").values_list("tenant", "details"))
