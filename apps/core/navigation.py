"""The sections of the workspace, as its main navigation lists them. Each app says its own in ``navigation.py``::

TOYS = declare("/toys/", gettext_lazy("Toys"), place=40)
TOYS.holds("/boxes/")
"""

from dataclasses import dataclass, field
from typing import Final

from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Section:
    """``place``: the lower, the further to the left. Pages below ``further`` lie in the section, too."""

    path: str
    label: StrPromise
    place: int
    further: list[str] = field(default_factory=list)

    def holds(self, path: str) -> None:
        """Count pages below another path to the section."""
        self.further.append(path)


_sections: Final[dict[str, Section]] = {}


def declare(path: str, label: StrPromise, *, place: int) -> Section:
    if path in _sections:
        raise ValueError(f"two apps declare the section {path}")
    _sections[path] = Section(path, label, place)
    return _sections[path]


def sections() -> list[Section]:
    """From left to right."""
    return sorted(_sections.values(), key=lambda section: section.place)
