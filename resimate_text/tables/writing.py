"""Tables on the way out, as CSV: no cell is a formula, whoever wrote what it holds."""

import csv
import io
from collections.abc import Iterable
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
    page = io.StringIO(newline="")
    csv.writer(page, lineterminator=ends).writerows(map(_plain, rows))
    return page.getvalue()


def as_text(content: bytes) -> Decoded:
    """Return a table as text that reads the same, to be shown in a field: of a workbook its first sheet."""
    if not content.startswith(WORKBOOKS):
        return decode(content)
    table, lines, last = open_table(content, hits=len), [], 0
    for row in table.rows:
        lines.append("\n" * (row.line - last - 1) + written([row.cells], ends="\n"))  # so that lines keep their numbers
        last = row.line
    table.refuse()
    return Decoded("".join(lines), tuple(table.notes))


def _plain(cells: Iterable[Any]) -> list[Any]:
    return [guarded(cell) if isinstance(cell, str) and not isinstance(cell, Figure) else cell for cell in cells]
