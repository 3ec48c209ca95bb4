"""What is in force, of all that the levels say of a key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from apps.configuration.registry import Key, Level, Merge
from apps.core.errors import Refused

#: Who is below whom: the platform, a tenant, a user.
PLATFORM, TENANT, USER = range(3)
NOBODY: Final = USER + 1


class Unfit(Refused):
    code = "setting_unfit"
    status = 503
    title = "The installation sets something that does not fit"


@dataclass(frozen=True, slots=True)
class Said:
    """What one level says. ``rank`` is whose level it is; ``problem`` why it counts for nothing, if it does.

    ``refusal``: why what is stored cannot be read.
    """

    level: Level
    value: Any = field(repr=False)
    rank: int = PLATFORM
    is_locked: bool = False
    by: str = ""
    at: datetime | None = None
    until: datetime | None = None
    version: int = 0
    problem: str | None = None
    refusal: Refused | None = None


def in_force(key: Key, said: Sequence[Said]) -> tuple[Any, Said]:
    """The value, and which of them had the last word; ``said`` begins with the default, the strongest comes last.

    A lock silences whoever is below. A default binds tenants and users, but not the platform.
    """
    winner, value, bound, lock = said[0], said[0].value, False, NOBODY
    for one in said[1:]:
        if one.problem or one.rank > lock:
            continue
        bound = bound or one.rank > PLATFORM
        joined = key.joined(value, one.value) if bound or not is_bounded(key) else one.value
        winner = one if joined == one.value or joined != value else winner
        value, bound, lock = joined, True, one.rank if one.is_locked else lock
    return value, winner


def binding(key: Key, said: Sequence[Said], level: Level, rank: int) -> tuple[Any, Said | None]:
    """What binds whoever speaks at that level: the value that may not be loosened, and the lock, if there is one.

    The value is None where the platform is as free as the schema lets it be.
    """
    order = list(Level)
    before = order[: order.index(level)]
    above = [one for one in said[1:] if one.rank < rank or (one.rank == rank and one.level in before)]
    if rank == PLATFORM and not above:
        return None, None
    lock = next((one for one in above if one.is_locked and one.rank < rank), None)
    return in_force(key, [said[0], *above])[0], lock


def is_bounded(key: Key) -> bool:
    """Whether levels below may only tighten it."""
    return key.merge in (Merge.LOWEST, Merge.HIGHEST)


def in_order(said: Iterable[Said]) -> list[Said]:
    """From the weakest to the strongest; of two that hold for a time, the platform's is the stronger."""
    order = list(Level)
    return sorted(said, key=lambda one: (order.index(one.level), -one.rank))
