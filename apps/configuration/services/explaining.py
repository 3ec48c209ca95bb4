"""Why a value is what it is."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.configuration import snapshots
from apps.configuration.levels import Said, in_force
from apps.configuration.registry import KEYS, Key


@dataclass(frozen=True, slots=True)
class Explained:
    """The value in force, the level that has the last word, and all that say something, the strongest last."""

    value: Any
    winner: Said
    said: tuple[Said, ...]

    @property
    def levels(self) -> list[dict[str, Any]]:
        """For whoever reads it outside."""
        return [
            {
                "level": str(one.level),
                "value": one.value,
                "by": one.by,
                "at": one.at,
                "until": one.until,
                "locked": one.is_locked,
                "problem": one.problem or "",
                "in_force": one is self.winner,
            }
            for one in self.said
        ]


def explain(key: str, *, now: datetime | None = None, user: UUID | None = None) -> Explained:
    """What each level says of a key, who said so and when."""
    return explain_all(now=now, user=user)[key]


def explain_all(*, now: datetime | None = None, user: UUID | None = None) -> dict[str, Explained]:
    """The levels of every key, as they are stored at this moment: whoever changes a setting sees the change."""
    said = snapshots.said(now or timezone.now(), user=user)
    return {name: _explained(KEYS[name], said[name]) for name in said}


def _explained(key: Key, said: list[Said]) -> Explained:
    if key.sensitive:  # shown to nobody
        said = [replace(one, value=None, problem=one.problem and "does not fit") for one in said]
        return Explained(None, said[-1], tuple(said))
    value, winner = in_force(key, said)
    return Explained(value, winner, tuple(said))
