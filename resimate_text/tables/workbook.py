"""Cells out of an XLSX file, sheet by sheet. What comes in is hostile until shown otherwise."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from resimate_text import heavy
from resimate_text.sentences import Sentence
from resimate_text.tables import archive
from resimate_text.tables.archive import MOST_COLUMNS, MOST_ROWS, Layout, beyond
from resimate_text.tables.flaws import Flaw, TableInvalid

ESCAPE: Final = re.compile("_x([0-9A-Fa-f]{4})_")
#: What openpyxl raises for files that are broken in ways of their own.
BROKEN: Final = (*archive.UNREADABLE, SyntaxError, LookupError, TypeError, AttributeError, ArithmeticError)

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Cells:
    """A row of a sheet: its values by place, and what is wrong with cells that have none that can be used.

    ``shares`` are the places of numbers that are shown in per cent.
    """

    number: int
    values: Mapping[int, Value]
    wrong: Mapping[int, tuple[str, Sentence]]
    shares: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet whose rows are read as they are asked for."""

    title: str
    is_hidden: bool
    layout: Layout
    rows: Iterator[Cells]


def sheets(content: bytes) -> dict[str, Iterator[Cells]]:
    """Return the rows of every sheet by its title, read as they are asked for. Raises ``TableInvalid``."""
    return {sheet.title: sheet.rows for sheet in opened(content)}


def opened(content: bytes) -> list[Sheet]:
    """Return the sheets in their order. Raises ``TableInvalid``.

    How much there is to read is not told by a packed file's size, so whoever answers people meanwhile is told.
    """
    import openpyxl  # every process that starts would wait for it, and keep six megabytes

    heavy.begin()
    layouts = archive.check(content)
    with _told():
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        return [
            Sheet(one.title, one.sheet_state != "visible", layouts.get(_part(one), Layout()), _rows(one))
            for one in book.worksheets
        ]
    raise AssertionError("what goes wrong above is refused")


def _part(sheet: Any) -> str:
    """The name of the part that a sheet is read from, which openpyxl keeps to itself."""
    return str(getattr(sheet, "_worksheet_path", ""))


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except TableInvalid:
        raise
    except BROKEN as error:
        detail = Sentence(
            "the workbook cannot be read ({error:.100}): open it in a spreadsheet and save it as XLSX", error=str(error)
        )
        raise TableInvalid([Flaw(0, "", "bad_workbook", detail)]) from None


def _rows(sheet: Any) -> Iterator[Cells]:
    """Rows that say something; one row and one column more than is allowed, so that what is too far is seen."""
    rows = enumerate(sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS + 1), start=1)
    while True:
        with _told():
            number, cells = next(rows, (0, ()))
            read = {column: _of(cell) for column, cell in enumerate(cells) if cell.value is not None}
            filled = {column: value for column, value in read.items() if not isinstance(value, str) or value.strip()}
        if not number:
            return
        if filled and (number > MOST_ROWS + 1 or MOST_COLUMNS in filled):
            yield Cells(number, {}, {max(filled): ("too_many", beyond())})
            return
        if filled:
            values = {column: value for column, value in filled.items() if not isinstance(value, tuple)}
            wrong = {column: value for column, value in filled.items() if isinstance(value, tuple)}
            yield Cells(number, values, wrong, [column for column in values if _is_share(cells[column])])


def _is_share(cell: Any) -> bool:
    """Whether a number is shown in per cent. Programs write cells with styles that the workbook does not have."""
    try:
        return "%" in cell.number_format
    except (LookupError, TypeError):
        return False


def _of(cell: Any) -> Value | tuple[str, Sentence]:
    if cell.data_type == "f":
        return "formula", Sentence("it contains a formula; enter its value instead")
    if cell.data_type == "e":
        return "bad_cell", Sentence("it contains the error {error}", error=str(cell.value)[:20])
    if isinstance(cell.value, str):
        return unescaped(cell.value)
    if isinstance(cell.value, bool | int | float):
        return cell.value
    return "bad_cell", Sentence("it contains a date; enter text or a number instead")


def unescaped(text: str) -> str:
    """Return what a cell's text stands for: ``_xHHHH_`` is a character there, and lines end with LF.

    >>> unescaped("one_x000D_\\ntwo"), unescaped("_x005F_x0041_"), unescaped("snake_x_case")
    ('one\\ntwo', '_x0041_', 'snake_x_case')
    """
    if "_x" in text:
        text = ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def letters(column: int) -> str:
    """Return the name of a column as spreadsheets have it.

    >>> letters(0), letters(26), letters(16_383)
    ('A', 'AA', 'XFD')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
