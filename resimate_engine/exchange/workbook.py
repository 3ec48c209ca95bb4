"""Sheets in and out of an XLSX file. What comes in is hostile until shown otherwise."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from resimate_engine.exchange.cells import Cell, FileInvalid, Row
from resimate_engine.exchange.places import cell_problem
from resimate_engine.exchange.sheets import rank
from resimate_engine.problems import Problem
from resimate_text.pointers import pointer
from resimate_text.problems import MOST_PROBLEMS
from resimate_text.sentences import Sentence
from resimate_text.tables import Note, TableInvalid
from resimate_text.tables.first_sheet import Seen
from resimate_text.tables.formulas import is_formula
from resimate_text.tables.workbook import Cells, opened

#: Equal documents give equal files.
CREATED: Final = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def write_workbook(tables: Mapping[str, Sequence[Mapping[str, Cell]]]) -> bytes:
    """Return an XLSX file of these sheets; no text in it can be a formula."""
    import xlsxwriter  # as large as what reads workbooks, and as seldom needed

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": CREATED})
        bold, plain = book.add_format({"bold": True}), book.add_format({"quote_prefix": True})
        for name, rows in tables.items():
            _write(book.add_worksheet(name), rows, bold, plain)
    return file.getvalue()


def _write(sheet: Any, rows: Sequence[Mapping[str, Cell]], bold: Any, plain: Any) -> None:
    """``plain`` marks a text that would be a formula as soon as somebody edits it."""
    columns = sorted({column for row in rows for column in row}, key=rank)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column, bold)
        sheet.set_column(place, place, 40 if ":" in column or column == "value" else 18)
    sheet.freeze_panes(1, 1)
    for number, row in enumerate(rows, start=1):
        for place, column in enumerate(columns):
            if column in row:
                cell = row[column]
                is_risky = isinstance(cell, str) and is_formula(cell)
                _write_cell(sheet, number, place, cell, plain if is_risky else None)


def _write_cell(sheet: Any, row: int, column: int, cell: Cell, form: Any) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell, form)
    else:
        sheet.write_number(row, column, cell)


def read_workbook(content: bytes, notes: list[Note] | None = None) -> dict[str, list[Row]]:
    """Return the rows of every sheet below its head line; ``notes`` get what a person does not see as it is read.

    Raises ``FileInvalid``.
    """
    problems: list[Problem] = []
    sheets: dict[str, list[Row]] = {}
    try:
        for sheet in opened(content):
            seen = Seen(sheet)
            sheets[sheet.title] = list(_rows(sheet.title, seen.watched(), problems))
            if notes is not None and seen.last:
                notes += [_of_sheet(sheet.title, note) for note in seen.notes(())]
    except TableInvalid as error:
        raise FileInvalid([Problem("", flaw.code, flaw.detail) for flaw in error.flaws]) from None
    if problems:
        raise FileInvalid(problems)
    return sheets


def _of_sheet(title: str, note: Note) -> Note:
    return {**note, "detail": Sentence("sheet {title!r}: {detail}", title=title, detail=note["detail"])}


def _rows(title: str, rows: Iterator[Cells], problems: list[Problem]) -> Iterator[Row]:
    first = next(rows, None)
    if first is None:
        return
    head = _head(title, first)
    for row in rows:
        cells = {head[column]: value for column, value in row.values.items() if column in head}
        problems += _wrong_cells(title, head, row)
        if len(problems) > MOST_PROBLEMS:
            return
        if cells:
            yield Row(row.number, cells)


def _wrong_cells(title: str, head: Mapping[int, str], row: Cells) -> Iterator[Problem]:
    for place in sorted(row.values.keys() - head.keys()):
        detail = Sentence("this column has no name in the first row")
        yield cell_problem(title, row.number, str(place + 1), "bad_header", detail)
    for place, wrong in row.wrong.items():
        yield cell_problem(title, row.number, head.get(place, str(place + 1)), *wrong)


def _head(title: str, first: Cells) -> dict[int, str]:
    """Return the names of the columns by their place; names differ."""
    if first.wrong:
        _refuse_head(title, first.number, *next(iter(first.wrong.values())))
    names = {place: str(value).strip() for place, value in first.values.items()}
    twice = sorted({name for name in names.values() if list(names.values()).count(name) > 1})
    if twice:
        detail = Sentence("columns must have different names: {names}", names=", ".join(twice))
        _refuse_head(title, first.number, "bad_header", detail)
    return names


def _refuse_head(title: str, number: int, code: str, detail: str) -> NoReturn:
    problem = cell_problem(title, number, "", code, detail)
    raise FileInvalid([Problem(pointer("sheets", title, number), problem.code, problem.detail)])
