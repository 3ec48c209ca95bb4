"""The rows of a table, each with its line: from text with separators, or from a workbook's first sheet."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Final

from resimate_text import heavy
from resimate_text.problems import MOST_PROBLEMS
from resimate_text.sentences import Sentence
from resimate_text.tables.decoding import decode
from resimate_text.tables.flaws import Flaw, Note, TableInvalid
from resimate_text.tables.records import UNFIT, Record, fit
from resimate_text.tables.strangers import refuse_strangers

SEPARATORS: Final = (",", ";", "\t", "|")
NAMED: Final = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)
SAMPLE: Final = 50
#: How XLSX files begin, and old or protected ones, which are refused with a sentence of their own.
WORKBOOKS: Final = (b"PK", b"\xd0\xcf\x11\xe0")
LINE: Final = re.compile("[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

#: Bytes or characters from which reading is work.
LARGE: Final = 128 * 1024

Hits = Callable[[Sequence[str]], int]


@dataclass(slots=True)
class Table:
    """Rows that are read as they are asked for; ``flaws`` and ``notes`` grow meanwhile.

    Whoever reads says which columns it leaves alone, counted from 0: a date or a formula there is nobody's mistake.
    ``separator`` is empty when the rows come from a workbook.
    """

    rows: Iterator[Record]
    separator: str = ""
    notes: list[Note] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    unread: set[int] = field(default_factory=set)

    def first(self) -> Record | None:
        """Return the first row without taking it."""
        for row in self.rows:
            self.rows = chain((row,), self.rows)
            return row
        return None

    def refuse(self) -> None:
        """Raise ``TableInvalid`` when anything was wrong."""
        if self.flaws:
            raise TableInvalid(self.flaws)


def open_table(source: str | bytes, *, hits: Hits) -> Table:
    """Return the rows of a file or of a text; ``hits`` says how many cells of a row the reader knows.

    Rows of nothing but blanks do not exist, wherever they stand. Raises ``TableInvalid`` when it is no table at all;
    rows that cannot be read are passed over, and told in ``flaws``.
    """
    if isinstance(source, bytes) and source.startswith(WORKBOOKS):
        from resimate_text.tables.first_sheet import first_sheet  # reads XML: only where there is some

        table = Table(iter(()))
        table.rows = first_sheet(source, table.flaws, table.notes, table.unread)
        return table
    if len(source) >= LARGE:
        heavy.begin()
    decoded = decode(source) if isinstance(source, bytes) else None
    if isinstance(source, str):
        refuse_strangers(source)
    text = decoded.text if decoded else str(source).removeprefix("\ufeff")
    named = NAMED.fullmatch(next(_lines(text), ""))
    separator = named[1] if named else separator_of(text, hits)
    table = Table(iter(()), separator, list(decoded.notes) if decoded else [])
    table.rows = islice(_records(text, separator, table.flaws), 1 if named else 0, None)
    return table


def separator_of(text: str, hits: Hits) -> str:
    """Return the separator by which the table comes out best: known cells first, then rows of one length.

    >>> separator_of("id;a,b\\nu;1,5\\n", lambda cells: "id" in cells)
    ';'
    """
    ranked: list[tuple[tuple[int, float, int], str]] = []
    for separator in SEPARATORS:
        rows = [row.cells for row in islice(_records(text, separator, []), SAMPLE)]
        if not rows:
            continue
        known_cells = max(hits(row) for row in rows[:3])
        widths = [len(row) for row in rows]
        widest = max(widths, key=lambda width: (widths.count(width), width))
        ranked.append(
            (
                (known_cells if widest > 1 else 0, widths.count(widest) / len(rows) if widest > 1 else 0, widest),
                separator,
            )
        )
    return max(ranked, key=lambda candidate: candidate[0])[1] if ranked else ","


def _lines(text: str) -> Iterator[str]:
    """Yield the lines as an editor counts them, without a second copy of the text."""
    return (found[0] for found in LINE.finditer(text))


def _records(text: str, separator: str, flaws: list[Flaw]) -> Iterator[Record]:
    reader = csv.reader(_lines(text), delimiter=separator, skipinitialspace=separator != "\t", strict=True)
    clean = UNFIT.search(text) is None
    while len(flaws) < MOST_PROBLEMS:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            flaws.append(_unreadable(line, reader.line_num, str(error)))
            if reader.line_num > line or "end of data" in str(error):
                return  # a quotation mark is open: what follows is no row
            continue
        if cells is None:
            return
        if record := fit(line, cells, flaws, clean=clean):
            yield record


def _unreadable(line: int, last: int, error: str) -> Flaw:
    if "field limit" in error and last == line:
        return Flaw(
            line, "", "too_long", Sentence("a cell has more than {most:,} characters", most=csv.field_size_limit())
        )
    if last > line or "end of data" in error:
        return Flaw(line, "", "bad_csv", Sentence("the quotation mark opened here is never closed"))
    return Flaw(line, "", "bad_csv", Sentence("there is text between a closing quotation mark and the next separator"))
