"""What of a workbook is read otherwise than a person sees it is said."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
import pytest

from resimate_text.tables import as_text, open_table

pytestmark = pytest.mark.requirement("CMS-002")
Change = Callable[[Any], object]


def workbook(*changes: Change) -> bytes:
    book = openpyxl.Workbook()
    for row in (["id", "group", "share"], ["a", "North", 0.5], ["b", None, 0.25], ["c", "South", 1]):
        book.active.append(row)
    for change in changes:
        change(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read(*changes: Change) -> tuple[list[Sequence[str]], list[tuple[str, str]]]:
    table = open_table(workbook(*changes), hits=len)
    rows = [row.cells for row in table.rows]
    table.refuse()
    return rows, [(note["code"], str(note["detail"])) for note in table.notes]


def _hide_row(book: Any) -> None:
    book.active.row_dimensions[3].hidden = True


def _hide_column(book: Any) -> None:
    book.active.column_dimensions["C"].hidden = True
    book.active.column_dimensions["D"].hidden = True  # holds nothing


def _merge(book: Any) -> None:
    book.active.merge_cells("B2:B3")


def _in_per_cent(book: Any) -> None:
    for row in (2, 3):
        book.active.cell(row, 3).number_format = "0.0%"


def _add_sheet(book: Any) -> None:
    book.create_sheet("More").append(["id"])
    book.create_sheet("Empty")
    lists = book.create_sheet("Lists")
    lists.append(["North"])
    lists.sheet_state = "hidden"


def test_a_plain_sheet_says_nothing() -> None:
    assert read()[1] == []


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (_hide_row, "hidden_read", "rows were read like the others: 3"),
        (_hide_column, "hidden_read", "columns were read like the others: C"),
        (_merge, "merged_cells", "cells B2:B3 are merged"),
        (_in_per_cent, "per_cent", "column C: numbers are shown in per cent; that of row 2 was read as 0.5"),
        (_add_sheet, "sheet_not_read", "'Sheet' was read, and these were not: 'More'"),
    ],
)
def test_what_is_not_read_as_it_is_seen_is_told(change: Change, code: str, said: str) -> None:
    rows, [note] = read(change)

    assert len(rows) == 4  # nothing is left out
    assert note[0] == code
    assert said in note[1]


def test_a_hidden_sheet_is_not_read_where_another_has_rows() -> None:
    def hide_first(book: Any) -> None:
        book.create_sheet("Seen").append(["id", "x"])
        book.worksheets[0].sheet_state = "hidden"

    assert read(hide_first) == ([["id", "x"]], [])


def test_a_table_that_is_shown_as_text_keeps_what_was_said() -> None:
    assert [note["code"] for note in as_text(workbook(_hide_row, _merge)).notes] == ["hidden_read", "merged_cells"]


@pytest.mark.parametrize("style", ["", "99"], ids=["no style", "a style that is not there"])
def test_a_cell_whose_style_the_workbook_does_not_have_is_read_like_the_others(style: str) -> None:
    foreign = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(foreign, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b'<c r="C2"', f'<c r="C2" s="{style}"'.encode())
            new.writestr(name, content)

    rows = list(open_table(foreign.getvalue(), hits=len).rows)

    assert rows[1].cells == ["a", "North", "0.5"]
