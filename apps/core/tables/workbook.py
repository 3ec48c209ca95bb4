"""Cells out of an XLSX file, sheet by sheet. What comes in is hostile until shown otherwise."""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import openpyxl

from apps.core.numbers import exact
from apps.core.sentences import Sentence
from apps.core.tables import archive
from apps.core.tables.archive import MOST_COLUMNS, MOST_ROWS, beyond
from apps.core.tables.flaws import MOST_FLAWS, Flaw, TableInvalid
from apps.core.tables.reading import Figure, Record, fit

ESCAPE: Final = re.compile("_x([0-9A-Fa-f]{4})_")
#: What openpyxl raises for files that are broken in ways of their own.
BROKEN: Final = (*archive.UNREADABLE, SyntaxError, LookupError, TypeError, AttributeError, ArithmeticError)

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Cells:
    """A row of a sheet: its values by place, and what is wrong with cells that have none that can be used."""

    number: int
    values: Mapping[int, Value]
    wrong: Mapping[int, tuple[str, Sentence]]


def sheets(content: bytes) -> dict[str, Iterator[Cells]]:
    """Return the rows of every sheet by its title, read as they are asked for. Raises ``TableInvalid``."""
    archive.check(content)
    with _told():
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        return {sheet.title: _rows(sheet) for sheet in book.worksheets}
    raise AssertionError("what goes wrong above is refused")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except TableInvalid:
        raise
    except BROKEN as error:
        detail = Sentence("it is not a workbook that can be read: {error:.161}", error=str(error))
        raise TableInvalid([Flaw(0, "", "bad_workbook", detail)]) from None


def _rows(sheet: Any) -> Iterator[Cells]:
    """Rows that say something; one row and one column more than is allowed, so that what is too far is seen."""
    rows = enumerate(sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS + 1), start=1)
    while True:
        with _told():
            number, cells = next(rows, (0, ()))
            read = {place: _of(cell) for place, cell in enumerate(cells) if cell.value is not None}
            found = {place: one for place, one in read.items() if not isinstance(one, str) or one.strip()}
        if not number:
            return
        if found and (number > MOST_ROWS + 1 or MOST_COLUMNS in found):
            yield Cells(number, {}, {max(found): ("too_many", beyond())})
            return
        if found:
            values = {place: one for place, one in found.items() if not isinstance(one, tuple)}
            yield Cells(number, values, {place: one for place, one in found.items() if isinstance(one, tuple)})


def _of(cell: Any) -> Value | tuple[str, Sentence]:
    if cell.data_type == "f":
        return "formula", Sentence("it holds a formula; put its value there instead")
    if cell.data_type == "e":
        return "bad_cell", Sentence("it holds the error {error}", error=str(cell.value)[:20])
    if isinstance(cell.value, str):
        return unescaped(cell.value)
    if isinstance(cell.value, bool | int | float):
        return cell.value
    return "bad_cell", Sentence("it holds a date; put a text or a number there instead")


def unescaped(text: str) -> str:
    """Return what a cell's text stands for: ``_xHHHH_`` is a character there, and lines end with LF.

    >>> unescaped("one_x000D_\\ntwo"), unescaped("_x005F_x0041_"), unescaped("snake_x_case")
    ('one\\ntwo', '_x0041_', 'snake_x_case')
    """
    if "_x" in text:
        text = ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def first_sheet(content: bytes, flaws: list[Flaw]) -> Iterator[Record]:
    """Yield the rows of the first sheet that has any, as texts; what is wrong with a row goes to ``flaws``."""
    for rows in sheets(content).values():
        row = None
        for row in rows:
            if row.wrong and len(flaws) < MOST_FLAWS:
                flaws += [Flaw(row.number, letters(place), *wrong) for place, wrong in row.wrong.items()]
            elif record := fit(row.number, _texts(row.values), flaws):
                yield record
        if row is not None:
            return


def _texts(values: Mapping[int, Value]) -> list[str]:
    return [_text(values.get(place, "")) for place in range(max(values) + 1)]


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else Figure(exact(value))


def letters(place: int) -> str:
    """Return the name of a column as spreadsheets have it.

    >>> letters(0), letters(26), letters(16_383)
    ('A', 'AA', 'XFD')
    """
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name
