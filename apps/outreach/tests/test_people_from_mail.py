"""People as programs for mail and address books write them."""

import pytest

from apps.outreach import contacts
from apps.outreach.contacts import Contact

ADA, BO = Contact("Ada Lovelace", "ada@example.org"), Contact("Bo", "bo@example.org")


@pytest.mark.parametrize(
    "pasted",
    [
        "Ada Lovelace <ada@example.org>; Bo <bo@example.org>",
        "Ada Lovelace <ada@example.org>, Bo <bo@example.org>,",
        "Ada Lovelace <ada@example.org>\nBo <bo@example.org>\n",
        '"Ada Lovelace" <ada@example.org>;\n"Bo" <bo@example.org>',
        "Ada Lovelace <mailto:ada@example.org>\nBo, bo@example.org",
    ],
)
def test_mailboxes_are_people(pasted: str) -> None:
    reading = contacts.read(pasted)

    assert (reading.contacts, reading.problems) == ([ADA, BO], [])


def test_a_name_with_the_last_name_first_stays_together() -> None:
    reading = contacts.read("Lovelace, Ada <ada@example.org>; Ce, Bo <bo@example.org>")

    assert [one.name for one in reading.contacts] == ["Lovelace, Ada", "Ce, Bo"]


@pytest.mark.parametrize("pasted", ["ada@example.org; bo@example.org", "ada@example.org,bo@example.org,cy@example.org"])
def test_an_address_is_nobody_elses_name(pasted: str) -> None:
    reading = contacts.read(pasted)

    assert reading.contacts == []
    assert "“ada@example.org” and “bo@example.org” are two people" in reading.problems[0]


def test_a_directory_may_have_the_address_for_a_name() -> None:
    assert contacts.read("Name,Email\nada@example.org,Ada@example.org\n").problems == []


@pytest.mark.parametrize(
    "head",
    ["Display Name,E-mail 1 - Value", "Anzeigename,E-Mail-Adresse", "Nom¹,Mél²", "Name*,E-Mail *"],
)
def test_address_books_are_known_by_their_headings(head: str) -> None:
    assert contacts.read(f"{head}\nBo,bo@example.org\n").contacts == [BO]


def test_headings_further_down_are_pointed_out() -> None:
    assert (
        "Line 3: these are headings; they belong only in the first line"
        in contacts.read("Name,Email\nAda,ada@example.org\nName,Email\nBo,bo@example.org\n").problems
    )


@pytest.mark.parametrize("name", ["\u0dc1\u0dca\u200d\u0dbb\u0dd3\u0db8\u0dcf", "\u0645\u06cc\u200c\u0631\u0648\u062f"])
def test_names_keep_the_joiners_that_their_script_is_written_with(name: str) -> None:
    assert contacts.read(f"\u200d{name}\u200c,a@example.org").contacts[0].name == name
