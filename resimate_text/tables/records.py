"""A row of a table, and what its cells say once it is read."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from resimate_text.identity import UNSEEN
from resimate_text.sentences import Sentence
from resimate_text.tables.flaws import Flaw
from resimate_text.tables.formulas import unguarded

#: Controls, halves of characters, and marks that turn the direction of what follows.
UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


class Figure(str):
    """The text of a number that a spreadsheet holds as a number: its point is a decimal point for certain."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Record:
    """A row and the line that it begins in; some cell of it is not empty."""

    line: int
    cells: Sequence[str]


def fit(line: int, cells: Iterable[str], flaws: list[Flaw], *, clean: bool = False) -> Record | None:
    """Return the row without blanks around its cells; none when nothing is left, or when some of it is no text."""
    texts = [trimmed(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    if not texts:
        return None
    bad = None if clean else next((match for cell in texts if (match := UNFIT.search(cell))), None)
    if bad:
        detail = Sentence("it contains the character U+{number:04X}, which is not text", number=ord(bad[0]))
        flaws.append(Flaw(line, "", "bad_character", detail))
        return None
    return Record(line, texts)


def trimmed(cell: str) -> str:
    """Return what a cell says: without blanks and marks around it, and without the guard against formulas."""
    if isinstance(cell, Figure):
        return cell
    kept = cell.strip()
    if not kept.isascii():
        kept = kept.strip(UNSEEN + " \t\r\n\xa0")
    return unguarded(kept) if kept.startswith("'") else kept
