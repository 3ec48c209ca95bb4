"""Columns by their headings: in any order, in English, German and French, however they are written."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


def key_of(heading: str) -> str:
    """Return what is left of a heading when case, accents, blanks, signs and marks of footnotes do not matter.

    >>> key_of("E-Mail"), key_of("Prénom "), key_of("first_name"), key_of("Name¹*")
    ('email', 'prenom', 'firstname', 'name')
    """
    noted = "".join(letter for letter in heading if unicodedata.category(letter) != "No")
    plain = unicodedata.normalize("NFKD", noted).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that a reader knows: other names of each, without case and signs."""

    names: Mapping[str, Sequence[str]]
    _by_key: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for column, others in self.names.items():
            self._by_key.update({key_of(one): column for one in (column, *others)})

    def of(self, heading: str) -> str:
        """Return the column that a heading names, or ``""``."""
        return self._by_key.get(key_of(heading), "")

    def only(self, names: Iterable[str]) -> "Columns":
        """Return some of the columns alone."""
        return Columns({name: self.names[name] for name in names})

    def hits(self, cells: Iterable[str]) -> int:
        """Return how many of the cells name a column."""
        return len({self.of(cell) for cell in cells} - {""})

    def places(self, head: Sequence[str]) -> dict[str, list[int]]:
        """Return the places of each column in a head line; a column that is named twice has two."""
        found: dict[str, list[int]] = {}
        for place, heading in enumerate(head):
            if column := self.of(heading):
                found.setdefault(column, []).append(place)
        return found
