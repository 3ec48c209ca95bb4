"""Sentences for people that hold values: English for the API and the logs, in the reader's language on a page."""

from collections.abc import Iterable, Mapping
from typing import Any


class Sentence(str):
    """An English sentence that remembers its template and its values, so that a page can say it in another language.

    Values are what stays as it is: codes, numbers, what somebody wrote. A value that is a sentence is translated too.

    >>> said = Sentence("{name!r} comes twice", name="gdp")
    >>> said, said.template, said.values
    ("'gdp' comes twice", '{name!r} comes twice', {'name': 'gdp'})
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> "Sentence":
        sentence = super().__new__(cls, template.format(**values))
        sentence.template, sentence.values = template, values
        return sentence

    def with_values(self, **values: Any) -> "Sentence":
        """The same sentence about other values.

        >>> Sentence("{key} is locked", key="time_zone").with_values(key="Time zone")
        'Time zone is locked'
        """
        return type(self)(self.template, **values)

    def __str__(self) -> "Sentence":
        """Itself: exceptions and form errors call ``str`` on what they carry to the page."""
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str], Mapping[str, Any]]:
        """How to copy it, or to make it again in another process."""
        return (self.template,), self.values


def paragraph(sentences: Iterable[str]) -> Sentence:
    """Return several sentences as one; each is translated by itself.

    >>> paragraph([Sentence("One."), Sentence("Two.")])
    'One. Two.'
    """
    parts = {f"part_{number}": sentence for number, sentence in enumerate(sentences)}
    template = " ".join(f"{{{name}}}" for name in parts)
    return Sentence(template, **parts)
