"""What is in force, of all that the levels say of a key."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from django.conf import settings

from apps.configuration.registry import KEYS, Key, Level
from apps.core.errors import Refused
from apps.core.memory import forgets

logger = logging.getLogger(__name__)

#: Who is below whom: the platform, a tenant, a user.
PLATFORM, TENANT, USER = range(3)
NOBODY: Final = USER + 1


@dataclass(frozen=True, slots=True)
class Said:
    """What one level says. ``rank`` is whose level it is; ``problem`` why it counts for nothing, if it does.

    ``refusal``: why what is stored cannot be read.
    """

    level: Level
    value: Any
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
        joined = key.joined(value, one.value) if bound or not _is_bounded(key) else one.value
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


def _is_bounded(key: Key) -> bool:
    return key.loosens(0, 1) is not None or key.loosens(1, 0) is not None


@lru_cache(maxsize=1)
def of_environment() -> dict[str, Said]:
    """What the environment says, by key."""
    names = {_variable(name): key for name, key in KEYS.items()}
    return {
        names[variable].name: _read(names[variable], text)
        for variable, text in settings.CONFIGURATION.items()
        if variable in names
    }


forgets(of_environment.cache_clear)


def flaws_of_environment() -> list[str]:
    """What in the environment counts for nothing, a line each."""
    known = {_variable(name) for name in KEYS}
    lines = [f"{name}: there is no such setting" for name in settings.CONFIGURATION if name not in known]
    return lines + [f"{name}: {said.problem}" for name, said in of_environment().items() if said.problem]


def _variable(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name).upper()


def _read(key: Key, text: str) -> Said:
    try:
        value = key.read(text)
        problem = key.problem_with(value)
    except ValueError:
        value, problem = None, "is no JSON"
    if problem and key.sensitive:  # what is said of a value holds the value
        problem = "does not fit"
    if Level.ENVIRONMENT not in key.levels:
        problem = "cannot be set by the environment"
    return Said(Level.ENVIRONMENT, value, problem=problem)


def in_order(said: Iterable[Said]) -> list[Said]:
    """From the weakest to the strongest; of two that hold for a time, the platform's is the stronger."""
    order = list(Level)
    return sorted(said, key=lambda one: (order.index(one.level), -one.rank))
