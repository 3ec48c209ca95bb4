"""What every schema holds because the code says so: an app above declares it, and migrating brings it up.

No migration writes it, so a new release, or one app more, reaches the tenants that there are in one way: whatever of
them is behind is in the plan of ``migrate_tenants``.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Upkeep:
    """``behind`` finds in one query those of many schemas that hold something else; ``bring_up`` mends one."""

    behind: Callable[[Sequence[str]], Iterable[str]]
    bring_up: Callable[[str], None]


_kept: list[Upkeep] = []


def keep(behind: Callable[[Sequence[str]], Iterable[str]], bring_up: Callable[[str], None]) -> None:
    """Have schemas brought up by this after their migrations."""
    _kept.append(Upkeep(behind, bring_up))


def behind(schemas: Sequence[str]) -> dict[str, int]:
    """How much there is to bring up in each of these schemas, all of them migrated; those up to date are left out."""
    counts: dict[str, int] = {}
    for schema in (schema for one in _kept if schemas for schema in one.behind(schemas)):
        counts[schema] = counts.get(schema, 0) + 1
    return counts


def bring_up(schema: str) -> None:
    for one in _kept:
        one.bring_up(schema)
