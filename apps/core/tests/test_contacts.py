"""Reading contacts from pasted lines and files."""

import pytest

from apps.core import contacts
from apps.core.contacts import Contact


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
        (", ada@example.org", "write a name"),
        ("Ada, ada.example.org", "“ada.example.org” is no e-mail address"),
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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_files_of_usual_encodings_are_read(encoding: str) -> None:
    assert contacts.decode("Zoë, zoë@example.org".encode(encoding)).startswith("Zoë,")


@pytest.mark.parametrize("text", ["", "\n\n", "\0", '"', '"""', "\x85", "a\0b, a@example.org\0"])
def test_odd_texts_do_no_harm(text: str) -> None:
    assert len(contacts.read(text).contacts) <= 1
