"""What a process remembers to save itself a question, and how it forgets all of it at once.

Each module says beside what it remembers how that is forgotten; a test begins with a process that knows nothing.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

#: How long a process goes on with what it knows of settings and hosts, before it looks again.
SECONDS: Final = 5.0

Forgetting = TypeVar("Forgetting", bound=Callable[[], Any])

_forgetting: list[Callable[[], Any]] = []


def forgets(function: Forgetting) -> Forgetting:
    """Have the function called by ``forget_all``."""
    _forgetting.append(function)
    return function


def remembered() -> list[str]:
    """The names of the functions that forget, or whose results are forgotten, each with its module."""
    named = [function if function.__module__ else getattr(function, "__self__", function) for function in _forgetting]
    return sorted({f"{one.__module__}.{one.__qualname__}" for one in named})


def forget_all() -> None:
    for forget in _forgetting:
        forget()
