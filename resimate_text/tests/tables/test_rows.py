"""Text becomes rows with the lines that they stand in, whatever spreadsheet wrote it."""

import csv
import io
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resimate_text.problems import MOST_PROBLEMS
from resimate_text.tables import Columns, TableInvalid, headed, open_table, unguarded

pytestmark = pytest.mark.requirement("CMS-002")
COLUMNS = Columns({"id": (), "name": ("Name", "Bezeichnung"), "group": ("Gruppe",)})


def rows(source: str | bytes) -> list[tuple[int, list[str]]]:
    table = open_table(source, hits=COLUMNS.hits)
    found = [(row.line, list(row.cells)) for row in table.rows]
    table.refuse()
    return found


def flaws(source: str | bytes) -> list[tuple[int, str]]:
    table = open_table(source, hits=COLUMNS.hits)
    list(table.rows)
    return [(flaw.line, flaw.code) for flaw in table.flaws]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_usual_separator_and_end_of_line_is_known(separator: str, end: str) -> None:
    text = end.join(separator.join(cells) for cells in (("id", "name"), ("1", "Ann"), ("2", "Bob")))

    assert rows(text) == [(1, ["id", "name"]), (2, ["1", "Ann"]), (3, ["2", "Bob"])]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("id;a,b\nu;1,5\n", ["id", "a,b"]),
        ("id;x, y and z, w;name\nu;1,2,3,4,5;n\n", ["id", "x, y and z, w", "name"]),
        ("id,a;b\nu,1;5\n", ["id", "a;b"]),
        ('id;"a;b,c,d,e"\n1;2\n', ["id", "a;b,c,d,e"]),
        ("id\tname\n1\ta,b,c,d\n2\te;f;g;h\n", ["id", "name"]),
        ("id|name\n1|a,b,c\n", ["id", "name"]),
        ("id\n1\n", ["id"]),
        ("\n;;\nid;name\n1;2\n", ["id", "name"]),
    ],
)
def test_the_separator_is_the_one_by_which_the_table_comes_out(text: str, first: list[str]) -> None:
    assert rows(text)[0][1] == first


@pytest.mark.parametrize("mark", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n'])
def test_a_line_of_excel_that_names_the_separator_is_obeyed(mark: str) -> None:
    assert rows(mark + "id;a,b\n1;2,3\n") == [(2, ["id", "a,b"]), (3, ["1", "2,3"])]


def test_lines_of_blanks_do_not_exist_wherever_they_stand() -> None:
    text = "\ufeff\n ; \n;;\nid;name;\n;;\n1;Ann;\n\u200b;\xa0;\n2;Bob;\n;;\n\n"

    assert rows(text) == [(4, ["id", "name"]), (6, ["1", "Ann"]), (8, ["2", "Bob"])]


def test_a_quoted_cell_may_hold_breaks_and_its_row_has_the_line_that_it_begins_in() -> None:
    assert rows('id,name\n1,"two\nlines"\n2,"a ""word"", yes"\n') == [
        (1, ["id", "name"]),
        (2, ["1", "two\nlines"]),
        (4, ["2", 'a "word", yes']),
    ]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("a\0b", "bad_character"),
        ("\x1b[31m", "bad_character"),
        ("\ud800", "bad_character"),
        ("\u202egnp.exe", "bad_character"),
        ("a\u2066b", "bad_character"),
        ("x" * 10_000_000, "too_long"),
        ('"a"b', "bad_csv"),
    ],
    ids=["nul", "control", "surrogate", "override", "isolate", "10 MB", "quote"],
)
def test_a_row_that_is_no_text_is_told_by_its_line_and_the_others_are_read(bad: str, code: str) -> None:
    table = open_table(f"id,name\n1,Ann\n2,{bad}\n3,Cy\n", hits=COLUMNS.hits)

    assert [row.cells[0] for row in table.rows] == ["id", "1", "3"]
    assert [(flaw.line, flaw.code) for flaw in table.flaws] == [(3, code)]


@pytest.mark.parametrize("rest", ["", "x\n" * 100, "x" * 200_000, "y\n" * 200_000])
def test_a_quotation_mark_that_stays_open_is_told_where_it_opens(rest: str) -> None:
    table = open_table(f'id,name\n1,Ann\n2,"Bob\n{rest}', hits=COLUMNS.hits)

    assert [row.cells[0] for row in table.rows] == ["id", "1"]  # what follows is no row
    assert [(flaw.line, flaw.code) for flaw in table.flaws] == [(3, "bad_csv")]


def test_marks_around_words_are_not_seen() -> None:
    assert rows("id,name\n\u200e1\u200f,\ufeffAnn\u00ad\n")[1] == (2, ["1", "Ann"])


def test_mistakes_end_at_a_limit() -> None:
    assert len(flaws("id,name\n" + "1,\0\n" * 1000)) == MOST_PROBLEMS


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zs"]), min_size=1),
                         min_size=2, max_size=2), min_size=1), st.sampled_from(",;\t|"))  # fmt: skip
@example([["0", "'="]], ",")
def test_what_python_writes_is_read_the_same(cells: list[list[str]], separator: str) -> None:
    page = io.StringIO(newline="")
    csv.writer(page, delimiter=separator).writerows([["id", "name"], *cells])

    found = [list(row) for _line, row in rows(page.getvalue())[1:]]

    assert found == [[unguarded(cell.strip()) for cell in row] for row in cells if any(cell.strip() for cell in row)]


def test_columns_are_found_by_their_headings_in_any_order_and_language() -> None:
    table = open_table("GRUPPE;Bezeichnung;Telefon;Id\nA;Ann;123;1\n", hits=COLUMNS.hits)

    found = headed(table, COLUMNS)

    assert [dict(row.cells) for row in found.rows] == [{"group": "A", "name": "Ann", "id": "1"}]
    assert [note["code"] for note in table.notes] == ["column_not_read"]
    assert "Telefon" in table.notes[0]["detail"]


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("name\nAnn\n", (1, "missing_column")),
        ("", (1, "missing_column")),
        ("id,name,NAME\n", (1, "bad_header")),
        ("id,Bezeichnung,bezeichnung\n", (1, "bad_header")),
        ("id,name\n1,Ann,more\n", (2, "too_many_cells")),
        ("id,,name\n1,what,Ann\n", (2, "bad_header")),
    ],
)
def test_what_does_not_fit_under_its_headings_is_told(text: str, flaw: tuple[int, str]) -> None:
    table = open_table(text, hits=COLUMNS.hits)

    try:
        list(headed(table, COLUMNS, needed=("id",)).rows)
    except TableInvalid as refused:
        table.flaws += refused.flaws

    assert [(one.line, one.code) for one in table.flaws] == [flaw]


@pytest.mark.thorough
def test_a_million_rows_are_read_without_holding_them() -> None:
    content = b"id,name\n" + b"1,Ann Smith of somewhere\n" * 1_000_000
    tracemalloc.start()

    count = sum(1 for _ in open_table(content, hits=COLUMNS.hits).rows)

    assert count == 1_000_001
    assert tracemalloc.get_traced_memory()[1] < 100 * 1024 * 1024
    tracemalloc.stop()
