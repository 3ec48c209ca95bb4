"""A model document goes into a workbook and comes out the same; a hostile workbook does not come in."""

import io
import json
import zipfile
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.models.tests.conftest import STARTERS, SURVEY
from resimate_engine.document import digest
from resimate_engine.exchange import FileInvalid, document_of, read_workbook, sheets_of, write_workbook
from resimate_engine.exchange.cells import decode, encode

pytestmark = pytest.mark.requirement("CMS-001")

ODD: dict[str, Any] = {
    **SURVEY,
    "name": {"en": "5", "de": "", "fr": "=1+1"},
    "description": {},
    "sources": ["A, 2001", "B"],
    "scale": {"low": 0.1 + 0.2, "high": 100.0},
    "weights": {"overall": {"method": "budget_allocation", "allocations": [[60, 40], [1, 3.5]]}},
    "response_scales": {
        **SURVEY["response_scales"],
        "seen": {"kind": "multi", "options": [{"value": "1", "points": 2}, {"value": "true"}, {"value": 3}]},
        "yes": {"kind": "boolean", "name": {"en": "line\r\nbreak\x0b_x0041_ x005F_"}},
    },
}


def there_and_back(document: Any) -> Any:
    return document_of(read_workbook(write_workbook(sheets_of(document))))[0]


@pytest.mark.parametrize("name", sorted(path.stem for path in STARTERS.glob("*.json")))
def test_a_model_that_comes_with_the_product_keeps_its_digest(name: str) -> None:
    document = json.loads((STARTERS / f"{name}.json").read_text())

    assert digest(there_and_back(document)) == digest(document)


def test_so_does_one_with_texts_and_numbers_that_spreadsheets_change() -> None:
    assert digest(there_and_back(ODD)) == digest(ODD)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
                    | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_every_value_survives_its_cell(value: Any) -> None:
    back = decode(encode(value))

    assert json.dumps(back, sort_keys=True) == json.dumps(value, sort_keys=True)
    assert type(back) is type(value)


def test_what_is_hidden_in_a_workbook_is_read_and_told() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(sheets_of(SURVEY))))
    book["Nodes"].row_dimensions[3].hidden = True
    file, notes = io.BytesIO(), list[Any]()
    book.save(file)

    document = document_of(read_workbook(file.getvalue(), notes))[0]

    assert digest(document) == digest(SURVEY)
    assert [str(note["detail"]) for note in notes] == ["sheet 'Nodes': hidden rows were read like the others: 3"]


def test_equal_documents_give_equal_files() -> None:
    sorted_keys = json.loads(json.dumps(ODD, sort_keys=True))

    assert write_workbook(sheets_of(ODD)) == write_workbook(sheets_of(sorted_keys))


def _edited(sheet: str, row: int, column: str, value: Any) -> bytes:
    """The survey's workbook with another value in one cell."""
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(sheets_of(SURVEY))))
    page = book[sheet] if sheet in book.sheetnames else book.create_sheet(sheet)
    head = [cell.value for cell in page[1]]
    page.cell(row, head.index(column) + 1 if column in head else 26).value = value
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _problems(content: bytes) -> list[tuple[str, str]]:
    with pytest.raises(FileInvalid) as refused:
        document_of(read_workbook(content))
    return [(one.pointer, one.code) for one in refused.value.problems]


@pytest.mark.parametrize(
    ("sheet", "row", "column", "value", "problem"),
    [
        ("Nodes", 3, "weight", "=A1", ("/sheets/Nodes/3/weight", "formula")),
        ("Nodes", 3, "weight", datetime(2026, 1, 1), ("/sheets/Nodes/3/weight", "bad_cell")),  # noqa: DTZ001
        ("Nodes", 3, "parent", "nobody", ("/sheets/Nodes/3/parent", "unknown_parent")),
        ("Nodes", 3, "parent", None, ("/sheets/Nodes/3/parent", "second_root")),
        ("Nodes", 4, "code", "leadership", ("/sheets/Nodes/4/code", "duplicate_code")),
        ("Nodes", 3, "code", None, ("/sheets/Nodes/3/code", "required")),
        ("Questions", 2, "node", "nobody", ("/sheets/Questions/2/node", "unknown_node")),
        ("Questions", 2, "", 1, ("/sheets/Questions/2/26", "bad_header")),
        ("Model", 1, "value", "key", ("/sheets/Model/1", "bad_header")),
        ("Model", 3, "key", "schema", ("/sheets/Model/3/key", "duplicate_key")),
        ("Other", 1, "", "code", ("/sheets/Other", "unknown_sheet")),
    ],
)
def test_what_is_wrong_is_said_by_sheet_row_and_column(
    sheet: str, row: int, column: str, value: Any, problem: tuple[str, str]
) -> None:
    assert problem in _problems(_edited(sheet, row, column, value))


def test_nodes_that_are_their_own_ancestors_are_refused() -> None:
    rows = {name: list(rows) for name, rows in sheets_of(SURVEY).items()}
    rows["Nodes"] += [{"code": "x", "parent": "y"}, {"code": "y", "parent": "x"}]

    assert _problems(write_workbook(rows)) == [
        ("/sheets/Nodes/5/parent", "not_in_tree"),
        ("/sheets/Nodes/6/parent", "not_in_tree"),
    ]


def _archive(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK no archive", "bad_workbook"),
        (_archive({"a.txt": b""}), "no_table"),
        (_archive({"xl/workbook.xml": b"<a>"}), "no_table"),
        (_archive({"a.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), "no_table"),
        (_archive({"a.bin": bytes(101 * 1024 * 1024)}), "too_large"),
        (_archive({f"{number}.txt": b"" for number in range(400)}), "too_large"),
    ],
    ids=["not zip", "not xlsx", "broken xml", "entities", "bomb", "many parts"],
)
def test_an_archive_that_is_no_workbook_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(FileInvalid) as refused:
        read_workbook(content)

    assert [one.code for one in refused.value.problems] == [code]


@pytest.mark.parametrize(("row", "column"), [(20_002, 1), (1_048_576, 1), (2, 301), (2, 16_384)])
def test_a_value_beyond_what_is_read_is_not_passed_over(row: int, column: int) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Model"
    book.active.cell(1, 1).value = "key"
    book.active.cell(row, column).value = "lost"
    file = io.BytesIO()
    book.save(file)

    with pytest.raises(FileInvalid) as refused:
        read_workbook(file.getvalue())

    assert [one.code for one in refused.value.problems] == ["too_many"]


def test_a_foreign_workbook_with_blanks_and_escapes_is_read_as_it_is_meant() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(sheets_of(SURVEY))))
    book["Nodes"].append([" ", None, "\t"])
    keys = [row[0].value for row in book["Model"].iter_rows()]
    book["Model"].cell(keys.index("name:en") + 1, 2).value = "Two_x000D_\nlines, _x005F_x0041_"
    file = io.BytesIO()
    book.save(file)

    document = document_of(read_workbook(file.getvalue()))[0]

    assert document["name"]["en"] == "Two\nlines, _x0041_"
    assert document["root"] == SURVEY["root"]
