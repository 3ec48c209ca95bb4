"""Tables on the way out, as CSV: no cell is a formula, whoever wrote what it holds."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from resimate_text.tables.decoding import Decoded, decode
from resimate_text.tables.formulas import guarded
from resimate_text.tables.reading import WORKBOOKS, open_table
from resimate_text.tables.records import Figure


def written(rows: Iterable[Iterable[Any]], *, ends: str = "\r\n") -> str:
    """Return lines of which a reader makes the same rows.

    >>> written([["=1+1", "it's", -1.5, None], ["-5", "a,b", True, ""]], ends=";")
    '\\'=1+1,it\\'s,-1.5,;-5,"a,b",True,;'
    """
    return "".join(lines(rows, ends=ends))


def lines(rows: Iterable[Iterable[Any]], *, ends: str = "\r\n") -> Iterator[str]:
    """Yield the line of each row, as it comes."""
    line = csv.writer(_Echo(), lineterminator=ends).writerow  # which returns what its file's ``write`` returns
    return (line(_plain(cells)) for cells in rows)


class _Echo:
    def write(self, text: str) -> str:
        return text


def as_text(content: bytes) -> Decoded:
    """Return a table as text that reads the same, to be shown in a field: of a workbook its first sheet."""
    if not content.startswith(WORKBOOKS):
        return decode(content)
    table, page, last = open_table(content, hits=len), [], 0
    for row in table.rows:
        page.append("\n" * (row.line - last - 1) + written([row.cells], ends="\n"))  # so that lines keep their numbers
        last = row.line
    table.refuse()
    return Decoded("".join(page), tuple(table.notes))


def _plain(cells: Iterable[Any]) -> list[Any]:
    return [guarded(cell) if isinstance(cell, str) and not isinstance(cell, Figure) else cell for cell in cells]
