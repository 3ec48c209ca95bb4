"""What a new tenant's administrator does first. Each app says its own in ``first_steps.py``, which is found at start::

    declare("toys", _("Make a toy"), _("To have something to play with."), lambda: "/toys/new/", made, place=40)

Whether a step is done, its data say: it is asked whenever the list is shown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Step:
    """``leads_to``: the address of the page where it is done. ``place``: the lower, the earlier."""

    name: str
    label: StrPromise
    why: StrPromise
    leads_to: Callable[[], str]
    is_done: Callable[[], bool]
    place: int


_steps: Final[dict[str, Step]] = {}


def declare(
    name: str,
    label: StrPromise,
    why: StrPromise,
    leads_to: Callable[[], str],
    is_done: Callable[[], bool],
    *,
    place: int,
) -> Step:
    if name in _steps:
        raise ValueError(f"two apps declare the first step {name}")
    _steps[name] = Step(name, label, why, leads_to, is_done, place)
    return _steps[name]


def steps() -> list[Step]:
    """In the order in which they are done."""
    return sorted(_steps.values(), key=lambda step: step.place)
