"""The verbs of settings: read, explain, change; look back and go back; plan, and decide about what is planned."""

from apps.configuration.services.changing import Manner, change, is_set, present_version, take_back
from apps.configuration.services.checking import Contradicted, Locked, Wish, declared
from apps.configuration.services.explaining import Explained, explain, explain_all
from apps.configuration.services.history import (
    CannotRollBack,
    Difference,
    difference,
    history,
    latest_version,
    rollback,
)
from apps.configuration.services.planning import (
    NotWaiting,
    SamePerson,
    apply_when_due,
    approve,
    cancel,
    find_planned,
    planned_changes,
    reject,
    why_not_agree,
)
from apps.configuration.services.writing import hold, tried
from apps.configuration.snapshots import forget, get

__all__ = [
    "CannotRollBack",
    "Contradicted",
    "Difference",
    "Explained",
    "Locked",
    "Manner",
    "NotWaiting",
    "SamePerson",
    "Wish",
    "apply_when_due",
    "approve",
    "cancel",
    "change",
    "declared",
    "difference",
    "explain",
    "explain_all",
    "find_planned",
    "forget",
    "get",
    "history",
    "hold",
    "is_set",
    "latest_version",
    "planned_changes",
    "present_version",
    "reject",
    "rollback",
    "take_back",
    "tried",
    "why_not_agree",
]
