"""Units from CSV files in both forms, and the line of every mistake."""

import io

import openpyxl
import pytest

from resimate_engine.datafile import DataFileInvalid, read_file, read_units
from resimate_text.problems import MOST_PROBLEMS

pytestmark = pytest.mark.requirement("CMS-002")


def mistakes(text):
    with pytest.raises(DataFileInvalid) as refused:
        read_units(text)
    return [(problem.pointer, problem.code) for problem in refused.value.problems]


def test_one_row_a_unit():
    text = "id,group,a,b\nNOR,europe,1.5,not_applicable\n\nKEN,,-2,\nXXX,,dont_know,3e2\n"

    assert read_units(text) == [
        {"id": "NOR", "group": "europe", "values": {"a": 1.5, "b": "not_applicable"}},
        {"id": "KEN", "values": {"a": -2}},
        {"id": "XXX", "values": {"a": "dont_know", "b": 300.0}},
    ]


def test_one_row_an_answer():
    text = 'id,rater,group,question,value\nu,r1,staff,L1,4\nu,r1,staff,L2,true\nu,r2,,L1,"[""a"",""b""]"\nv,r1,,L1,\n'

    assert read_units(text) == [
        {
            "id": "u",
            "responses": [
                {"rater": "r1", "group": "staff", "answers": {"L1": 4, "L2": True}},
                {"rater": "r2", "answers": {"L1": ["a", "b"]}},
            ],
        },
        {"id": "v", "responses": [{"rater": "r1", "answers": {}}]},
    ]


def test_spreadsheets_write_marks_semicolons_and_windows_lines():
    assert read_units("\ufeffid;a\r\nu;1\r\n") == [{"id": "u", "values": {"a": 1}}]
    assert read_units("id\ta\nu\t1\n") == [{"id": "u", "values": {"a": 1}}]


def test_answers_that_are_no_lists_stay_text():
    [unit] = read_units("id,question,value\nu,L1,[broken\nu,L2,words\n")

    assert unit["responses"][0]["answers"] == {"L1": "[broken", "L2": "words"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ("/lines/1", "no_header")),
        ("a,b\n1,2\n", ("/lines/1", "no_header")),
        ("id,a\n", ("/lines", "no_rows")),
        ("id,a,a\n", ("/lines/1", "bad_header")),
        ("id,,a\nu,1,2\n", ("/lines/2", "bad_header")),
        ("id,a\nu,1\n,2\n", ("/lines/3", "no_id")),
        ("id,a\nu,1\nu,2\n", ("/lines/3", "duplicate_id")),
        ("id,a\nu,1,2\n", ("/lines/2", "too_many_cells")),
        ("id,a\nu,one\n", ("/lines/2", "not_a_number")),
        ("id,a\nu,nan\n", ("/lines/2", "not_a_number")),
        ("id,a\nu,1_000\n", ("/lines/2", "not_a_number")),
        ("id,a\nu,1e999\n", ("/lines/2", "not_a_number")),
        ("id,a\nu,true\n", ("/lines/2", "not_a_number")),
        ('id,a\nu,"1\n', ("/lines/2", "bad_csv")),
        ("id,question,value\nu,L1,1\nu,L1,2\n", ("/lines/3", "duplicate_answer")),
        ("id,rater,group,question,value\nu,r,Staff,L1,1\nu,R,Board,L2,2\n", ("/lines/3", "other_group")),
    ],
)
def test_every_mistake_names_its_line(text, found):
    assert mistakes(text) == [found]


def test_a_column_without_a_number_is_told_once():
    book = "id,Name,a\n" + "".join(f"u{number},Town {number},{number}\n" for number in range(MOST_PROBLEMS + 40))

    assert mistakes(book) == [("/lines/2", "not_a_number")]
    assert mistakes("id,a\nu,x\nv,2\nw,z\n") == [("/lines/2", "not_a_number"), ("/lines/4", "not_a_number")]
    assert read_file("id,a\nu,dont_know\nv,not_applicable\n").units[1]["values"] == {"a": "not_applicable"}


def test_a_unit_of_which_nothing_is_known_is_told_since_the_foot_of_a_table_looks_like_one():
    file = read_file("id;group;a\nberlin;x;1,5\n\n__________;;\n© Statistisches Landesamt;;\n")

    assert [unit["id"] for unit in file.units] == ["berlin", "__________", "© Statistisches Landesamt"]
    assert [(note["code"], str(note["detail"]).partition(": ")[2]) for note in file.notes] == [
        ("no_values", "__________ (4), © Statistisches Landesamt (5)")
    ]


def test_a_unit_with_an_answer_or_a_state_is_no_foot_of_a_table():
    assert not read_file("id,a,b\nu,dont_know,\nv,,1\n").notes
    assert not read_file("id,question,value\nu,L1,4\n").notes


def test_what_is_wrong_with_a_cell_of_a_workbook_names_its_column():
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (("id", "a", "b"), ("u", 1, "=1+1")):
        book.active.append(row)
    book.save(file)

    with pytest.raises(DataFileInvalid) as refused:
        read_units(file.getvalue())

    [problem] = refused.value.problems
    assert problem.detail.startswith("line 2: column C: it contains a formula")


def test_mistakes_are_told_together_up_to_a_limit():
    assert len(mistakes("id,a\n" + ",1\n" * (MOST_PROBLEMS + 40))) == MOST_PROBLEMS


def test_answers_of_one_unit_and_rater_belong_together_however_they_are_spelt():
    [unit] = read_units("id,rater,question,value\nNorth,Ann,L1,1\nnorth,ANN,L2,2\n")

    assert unit == {"id": "North", "responses": [{"rater": "Ann", "answers": {"L1": 1, "L2": 2}}]}


def test_a_rater_has_the_group_that_one_of_the_lines_says():
    [unit] = read_units("id,rater,group,question,value\nu,r,,L1,1\nu,r,Staff,L2,2\nu,r,STAFF,L3,3\nu,r,,L4,4\n")

    assert unit["responses"][0]["group"] == "Staff"


def test_headings_are_known_in_other_languages_and_a_workbook_cell_is_what_it_is():
    assert read_units("Einheit;Gruppe;a\nu;x;1,5\n") == [{"id": "u", "group": "x", "values": {"a": 1.5}}]
    assert read_units("Unité;Répondant;Frage;Wert\nu;r;L1;1,5\n") == [
        {"id": "u", "responses": [{"rater": "r", "answers": {"L1": 1.5}}]}
    ]
