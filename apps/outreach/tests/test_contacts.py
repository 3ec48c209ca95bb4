"""Reading contacts from pasted lines and files."""

import io
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.datastructures import MultiValueDict

from apps.core.forms import pasted_field
from apps.core.sizes import LARGEST_FILE
from apps.core.turns import TURNS, request
from apps.outreach import contacts
from apps.outreach.contacts import Contact
from apps.outreach.forms import ContactsForm

#: Which languages a list may name is a setting.
pytestmark = pytest.mark.usefixtures("db")


def test_lines_become_contacts() -> None:
    reading = contacts.read("Ada Lovelace, ada@example.org, Board\n\n  Bo , bo@example.org\nCy,cy@example.org,,de\n")

    assert reading.problems == []
    assert reading.contacts == [
        Contact("Ada Lovelace", "ada@example.org", "Board"),
        Contact("Bo", "bo@example.org"),
        Contact("Cy", "cy@example.org", "", "de"),
    ]


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_spreadsheets_separate_as_they_like(separator: str) -> None:
    text = separator.join(("Name", "E-Mail", "Group")) + "\r\n" + separator.join(("Ada", "ada@example.org", "Board"))

    assert contacts.read(text).contacts == [Contact("Ada", "ada@example.org", "Board")]


def test_a_quoted_name_may_hold_a_comma() -> None:
    assert contacts.read('"Lovelace, Ada", ada@example.org').contacts[0].name == "Lovelace, Ada"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Ada", "write a name"),
        (", ada@example.org", "the name of “ada@example.org” is missing"),
        ("Ada, ada.example.org", "“ada.example.org” is not an e-mail address"),
        (f"{'A' * 201}, ada@example.org", "longer than 200 characters"),
        (f"Ada, ada@example.org, {'G' * 61}", "longer than 60 characters"),
        ("Ada, ada@example.org, Board, tlh", "language must be one of"),
        ("Bo again, BO@example.org", "the same e-mail address as in line 1"),
    ],
)
def test_a_wrong_line_is_named_and_the_others_are_read(line: str, said: str) -> None:
    reading = contacts.read(f"Bo, bo@example.org\n\n{line}\nCy, cy@example.org")

    assert [contact.name for contact in reading.contacts] == ["Bo", "Cy"]
    [problem] = reading.problems
    assert problem.startswith("Line 3: ")
    assert said in problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_of_usual_encodings_are_read(encoding: str) -> None:
    reading = contacts.read("Zoë, zoe@example.org".encode(encoding))

    assert [one.name for one in reading.contacts] == ["Zoë"]
    assert [one["code"] for one in reading.notes] == (["encoding_assumed"] if encoding == "cp1252" else [])


@pytest.mark.parametrize("text", ["", "\n\n", "\0", '"', '"""', "\x85", "a\0b, a@example.org\0"])
def test_odd_texts_do_no_harm(text: str) -> None:
    assert len(contacts.read(text).contacts) <= 1


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("E-Mail,Name,Group\nann@example.org,Ann Be,Staff", Contact("Ann Be", "ann@example.org", "Staff")),
        ("First name;Last name;E-Mail\nAnn;Be;ann@example.org", Contact("Ann Be", "ann@example.org")),
        ("Name;Vorname;E-Mail;Gruppe\nBe;Ann;ann@example.org;A", Contact("Ann Be", "ann@example.org", "A")),
        ("Nom\tPrénom\tCourriel\tLangue\nBe\tAnn\tann@example.org\tfr", Contact("Ann Be", "ann@example.org", "", "fr")),
        ('Name,E-Mail\n"Ann\nBe",ann@example.org', Contact("Ann Be", "ann@example.org")),
        ("Sprache;E-MAIL;NAME\nDeutsch;ann@example.org;Ann", Contact("Ann", "ann@example.org", "", "de")),
        ("name,language,email\nAnn,de-AT,ann@example.org", Contact("Ann", "ann@example.org", "", "de")),
        ("Ann\tann@example.org\tOps", Contact("Ann", "ann@example.org", "Ops")),
        ("Ann|ann@example.org|Ops", Contact("Ann", "ann@example.org", "Ops")),
    ],
)  # fmt: skip
def test_columns_are_found_by_their_headings(text: str, contact: Contact) -> None:
    reading = contacts.read(text)

    assert (reading.contacts, reading.problems, reading.notes) == ([contact], [], [])


def test_a_column_that_nobody_asked_for_is_named_and_not_read() -> None:
    reading = contacts.read("Name,Email,Phone\nAnn Be,ann@example.org,+43 660 1234567\n")

    assert reading.contacts == [Contact("Ann Be", "ann@example.org")]
    [note] = reading.notes
    assert (note["code"], "Phone" in note["detail"]) == ("column_not_read", True)


def test_a_title_above_the_headings_is_said_and_passed_over() -> None:
    reading = contacts.read("Verteiler Stadtwerke;;\n;;\nStand: 1.3.2027;;\nName;E-Mail\nAnn;ann@example.org\n")

    assert (reading.contacts, reading.problems) == ([Contact("Ann", "ann@example.org")], [])
    [note] = reading.notes
    assert note["detail"].endswith(": Verteiler Stadtwerke, Stand: 1.3.2027")


def test_a_column_has_addresses_as_programs_for_mail_write_them() -> None:
    reading = contacts.read("Name;E-Mail\nAnn;<ann@example.org>\n;Bob <bob@example.org>\nCy;mailto:cy@example.org\n")

    assert [(one.name, one.email) for one in reading.contacts] == [
        ("Ann", "ann@example.org"),
        ("Bob", "bob@example.org"),
        ("Cy", "cy@example.org"),
    ]


def test_a_cell_too_many_is_not_lost_without_headings() -> None:
    assert contacts.read("Ann,ann@example.org,Staff,en,Board\n").problems == ["Line 1: 5 cells under 4 columns"]


def test_a_cell_that_cannot_be_read_is_named_by_its_column() -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (("Name", "E-Mail", "Gruppe"), ("Ann", "ann@example.org", date(2027, 3, 4))):
        book.active.append(row)
    book.save(file)

    [problem] = contacts.read(file.getvalue()).problems

    assert problem.startswith("Line 2, column C: it contains a date")


def test_a_date_in_a_column_that_is_not_read_is_nobodys_mistake() -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    born = date(1990, 3, 4)
    for row in (
        ("Born", "Name", "E-Mail", "Since"),
        (born, "Ann", "ann@example.org", "=1+1"),
        (born, None, None, None),
    ):
        book.active.append(row)
    book.save(file)

    reading = contacts.read(file.getvalue())

    assert not reading.problems
    assert [(one.name, one.email) for one in reading.contacts] == [("Ann", "ann@example.org")]
    assert [note["code"] for note in reading.notes] == ["column_not_read"]


def test_of_many_columns_that_nobody_asked_for_the_first_are_named() -> None:
    others = [f"Column {number}" for number in range(3000)]

    [note] = contacts.read(f"Name,Email,{','.join(others)}\nAnn Be,ann@example.org\n").notes

    assert note["detail"].endswith(": Column 0, Column 1, Column 2, Column 3, Column 4, …")


@pytest.mark.parametrize("heading", ["Primäre E-Mail-Adresse", "Primary Email", "PrimarySmtpAddress"])
def test_address_books_of_thunderbird_and_exchange_are_known_by_their_headings(heading: str) -> None:
    reading = contacts.read(f"Display Name,{heading}\nAnn Be,ann@example.org\n")

    assert (reading.contacts, reading.problems) == ([Contact("Ann Be", "ann@example.org")], [])


def test_where_the_name_alone_is_missing_that_is_said() -> None:
    assert contacts.read("Nome;E-mail\nAnn;ann@example.org\n").problems == [
        "Line 2: the name of “ann@example.org” is missing"
    ]


def test_a_heading_without_addresses_is_refused_by_name() -> None:
    assert contacts.read("Name;Group\nAnn;Staff\n").problems == ["Line 1: there is no column 'email'"]


def test_lines_left_by_a_spreadsheet_are_no_lines() -> None:
    reading = contacts.read("\r\n;;\r\nName;Email;Group\r\n;;\r\nAda;ada@example.org;Staff\r\n;;\r\n")

    assert (reading.contacts, reading.problems) == ([Contact("Ada", "ada@example.org", "Staff")], [])


def test_lines_of_a_paste_may_be_separated_differently() -> None:
    reading = contacts.read("Ann, ann@example.org, A\nBob; bob@example.org; B\nCarl\tcarl@example.org\tC")

    assert [one.group for one in reading.contacts] == ["A", "B", "C"]


@pytest.mark.parametrize("bad", ["\0", "\ud800", "\u202e"])
def test_what_is_no_text_is_refused_by_its_line(bad: str) -> None:
    reading = contacts.read(f"Ann,ann@example.org\nBob{bad}Be,bob@example.org\nCy,cy@example.org\n")

    assert [one.name for one in reading.contacts] == ["Ann", "Cy"]
    assert [problem[:7] for problem in reading.problems] == ["Line 2:"]


def test_a_workbook_is_read_as_a_file_is() -> None:
    book = openpyxl.Workbook()
    for row in (
        ("Courriel", "Nom", "Groupe"),
        (None, " ", None),
        ("ann@example.org", "Ann_x000D_\n", "A_x005F_x0042_"),
    ):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)

    reading = contacts.read(file.getvalue())

    assert (reading.contacts, reading.problems) == ([Contact("Ann", "ann@example.org", "A_x0042_")], [])


def test_contacts_that_are_written_are_read_the_same() -> None:
    people = [Contact('=Ann, the "first"', "ann@example.org", "-A;", "de"), Contact("Bob", "bob@example.org")]

    assert contacts.read(contacts.written(people)).contacts == people


class PeopleForm(ContactsForm):
    people = pasted_field("People")
    pasted = "people"


@pytest.mark.parametrize(
    "content", ["Zoë,zoe@example.org\n".encode("cp1252"), "Name,E-Mail,Phone\nZoë,zoe@example.org,1\n".encode()]
)
def test_what_is_not_certain_comes_back_to_be_looked_at(content: bytes) -> None:
    first = PeopleForm({}, MultiValueDict({"file": [SimpleUploadedFile("people.csv", content)]}))
    assert not first.is_valid()

    second = PeopleForm(first.data)

    assert second["people"].value() == "Zoë,zoe@example.org,,en\n"
    assert second.is_valid(), second.errors
    assert second.cleaned_data["contacts"] == [Contact("Zoë", "zoe@example.org")]


def test_a_file_without_anybody_is_refused() -> None:
    form = PeopleForm({}, MultiValueDict({"file": [SimpleUploadedFile("people.csv", b"Name,E-Mail\n")]}))

    assert form.errors == {"file": ["There is nobody in this file."]}


@pytest.mark.parametrize("text", ["x\n" * 10_001, "<ada@example.org>," * 10_001])
def test_of_too_many_lines_none_is_looked_at(text: str) -> None:
    reading = contacts.read(text)

    assert (reading.contacts, reading.problems) == ([], ["You can add at most 10000 people at once."])


def test_long_texts_are_read_in_turns_and_short_ones_at_once() -> None:
    with request():
        contacts.read("Ada, ada@example.org\n")
        assert not TURNS._taken.total()
        contacts.read("x\n" * 70_000)
        assert TURNS._taken.total() == 1


def test_a_paste_is_no_longer_than_a_file() -> None:
    form = PeopleForm({"people": "x" * (LARGEST_FILE + 1)})

    assert "people" in form.errors
