"""What the columns of lists of people are called, whoever the people are and whatever the list was made by."""

from collections.abc import Mapping, Sequence
from typing import Final

NAME: Final[Mapping[str, Sequence[str]]] = {
    "name": ("full name", "display name", "vollständiger Name", "Anzeigename", "nom", "nom complet"),
    "first": ("first name", "given name", "Vorname", "prénom"),
    "last": ("last name", "surname", "family name", "Nachname", "Familienname", "nom de famille"),
}
EMAIL: Final[Mapping[str, Sequence[str]]] = {
    "email": (
        *("e-mail address", "mail", "E-Mail 1 - Value", "primary e-mail", "primary SMTP address"),
        *("E-Mail-Adresse", "Mailadresse", "primäre E-Mail-Adresse", "E-Mail-Adresse 1"),
        *("courriel", "mél", "adresse e-mail", "adresse électronique", "adresse de messagerie"),
    ),
}
LANGUAGE: Final[Mapping[str, Sequence[str]]] = {"language": ("Sprache", "langue")}


def joined_name(cells: Mapping[str, str]) -> str:
    """First and last names joined; beside first names, a column “Name” holds the last ones.

    >>> joined_name({"first": "Ada", "name": "Lovelace"}), joined_name({"name": "Ada Lovelace"})
    ('Ada Lovelace', 'Ada Lovelace')
    """
    last = cells.get("last") or (cells.get("name", "") if "first" in cells else "")
    joined = " ".join(part for part in (cells.get("first", ""), last) if part)
    return joined or cells.get("name", "")
