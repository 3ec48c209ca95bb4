"""Tables under a head line: cells by column, whatever the order; what no column takes is said, never lost silently."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from resimate_text.problems import MOST_PROBLEMS, some
from resimate_text.sentences import Sentence
from resimate_text.tables.flaws import Flaw, TableInvalid
from resimate_text.tables.headings import Columns, key_of
from resimate_text.tables.reading import Table
from resimate_text.tables.records import Record

#: How many rows may stand above the headings: a title, whose list it is, of which day.
MOST_ABOVE: Final = 10


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row that are not empty, by column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Headed:
    """The columns in the order of the table, and the rows below them, which are read as they are asked for."""

    line: int
    columns: Sequence[str]
    rows: Iterator[Row]


def headed(table: Table, columns: Columns, *, needed: Sequence[str] = (), others: bool = False) -> Headed:
    """Take the first row of ``table`` for its head line.

    Rows of one cell above the first one with a heading are titles: noted, and passed over.
    Headings that no column has are columns too with ``others``; else they are noted and not read. Raises
    ``TableInvalid`` when a needed column is missing or two columns have one name.
    """
    past_title(table, columns)
    head = table.first() or Record(1, ())
    next(table.rows, None)
    names = _names(head.cells, columns, others=others)
    problems = [
        Flaw(head.line, column, "missing_column", Sentence("there is no column {column!r}", column=column))
        for column in needed
        if column not in names
    ]
    used = [name for name in names if name]
    twice = sorted({name for name in used if used.count(name) > 1})
    if twice:
        detail = Sentence("columns must have different names: {names}", names=", ".join(twice))
        problems.append(Flaw(head.line, "", "bad_header", detail))
    if problems:
        raise TableInvalid([*table.flaws, *problems])
    unread = [text for text, name in zip(head.cells, names, strict=True) if text and not name]
    if unread:
        detail = Sentence("columns with unknown names were not read: {names}", names=some(unread))
        table.notes.append({"code": "column_not_read", "detail": detail})
        table.unread.update(place for place, text in enumerate(head.cells) if text and not names[place])
    return Headed(head.line, used, _rows(table, head.cells, names))


def past_title(table: Table, columns: Columns) -> None:
    """Pass over what stands above the head line, and note it; where no such line follows, the table stays as it is."""
    above: list[Record] = []
    for record in islice(table.rows, MOST_ABOVE):
        if columns.hits(record.cells):
            table.rows = chain((record,), table.rows)
            if above:
                said = ", ".join(cell for title in above for cell in title.cells if cell)
                detail = Sentence("what stands above the headings was not read: {titles}", titles=said[:100])
                table.notes.append({"code": "title_not_read", "detail": detail})
            return
        above.append(record)
        if not _is_title(record):
            break
    table.rows = chain(above, table.rows)


def _is_title(record: Record) -> bool:
    filled = [cell for cell in record.cells if cell]
    return len(filled) == 1 and "@" not in filled[0]


def _names(head: Sequence[str], columns: Columns, *, others: bool) -> list[str]:
    """The column of each heading. Who writes its very name comes before who writes another name of it."""
    exact = {key_of(text) for text in head} & {key_of(name) for name in columns.names}
    names = []
    for text in head:
        column = columns.of(text)
        if column and (key_of(text) == key_of(column) or key_of(column) not in exact):
            names.append(column)
        else:
            names.append(text if others else "")
    return names


def _rows(table: Table, head: Sequence[str], names: Sequence[str]) -> Iterator[Row]:
    for record in table.rows:
        if len(table.flaws) >= MOST_PROBLEMS:
            return
        stray = [cell for cell, heading in zip(record.cells, head, strict=False) if cell and not heading]
        if len(record.cells) > len(head) and any(record.cells[len(head) :]):
            detail = Sentence("{cells} cells under {columns} columns", cells=len(record.cells), columns=len(head))
            table.flaws.append(Flaw(record.line, "", "too_many_cells", detail))
        elif stray:
            detail = Sentence("{text!r} is under no heading", text=stray[0][:40])
            table.flaws.append(Flaw(record.line, "", "bad_header", detail))
        else:
            named = zip(names, record.cells, strict=False)
            yield Row(record.line, {name: cell for name, cell in named if name and cell})
