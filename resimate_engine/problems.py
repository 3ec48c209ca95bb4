"""What is wrong with the data of a call, said with a stable code and a JSON pointer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where: ``pointer`` is an RFC 6901 JSON pointer."""

    pointer: str
    code: str
    detail: str


class Invalid(ValueError):
    """Input that cannot be used; ``problems`` says why, at most ``MOST_PROBLEMS`` of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems[:MOST_PROBLEMS])
        super().__init__("; ".join(f"{problem.pointer or '/'}: {problem.detail}" for problem in self.problems))


class DataInvalid(Invalid):
    """Units or options that cannot be scored."""


def pointer(*steps: str | int) -> str:
    """Return the JSON pointer made of ``steps``.

    >>> pointer("units", 3, "values", "a/b")
    '/units/3/values/a~1b'
    """
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
