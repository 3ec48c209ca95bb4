"""What is wrong with the data of a call, said with a stable code and a JSON pointer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resimate_text.problems import MOST_PROBLEMS


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where: ``pointer`` is an RFC 6901 JSON pointer."""

    pointer: str
    code: str
    detail: str


class Invalid(ValueError):
    """Input that cannot be used; ``problems`` says why, at most ``MOST_PROBLEMS`` of them.

    ``more`` is how many more were found; reading may have ended before the last.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems[:MOST_PROBLEMS])
        self.more = len(problems) - len(self.problems)
        super().__init__("; ".join(f"{problem.pointer or '/'}: {problem.detail}" for problem in self.problems))

    def __reduce__(self) -> tuple[Any, ...]:
        """How to make it again in another process."""
        return type(self), (self.problems,), vars(self)


class DataInvalid(Invalid):
    """Units or options that cannot be scored."""
