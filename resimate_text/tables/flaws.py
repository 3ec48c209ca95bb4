"""What is wrong with a table, and what was understood without being certain."""

from collections.abc import Sequence
from dataclasses import dataclass

from resimate_text.problems import MOST_PROBLEMS

#: ``code`` and ``detail``: what somebody should know about how the table was understood.
Note = dict[str, str]


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong: its line, counted from 1 as an editor does (0: the whole), and its column's heading."""

    line: int
    column: str
    code: str
    detail: str


class TableInvalid(ValueError):
    """A table that cannot be read; ``flaws`` says why, at most ``MOST_PROBLEMS`` of them."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        self.flaws = tuple(flaws[:MOST_PROBLEMS])
        super().__init__("; ".join(flaw.detail for flaw in self.flaws))
