"""The sections of the workspace, as its main navigation lists them. Each app says its own in ``navigation.py``::

TOYS = declare("toys", gettext_lazy("Toys"), place=40)
TOYS.holds("boxes")
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

    def holds(self, folder: str) -> None:
        """Count the pages of another folder of addresses to the section."""
        self.further.append(f"/{folder}/")


_sections: Final[dict[str, Section]] = {}


def declare(folder: str, label: StrPromise, *, place: int) -> Section:
    """``folder``: what the addresses of its pages begin with; empty for the first page."""
    path = f"/{folder}/" if folder else "/"
    if path in _sections:
        raise ValueError(f"two apps declare the section {path}")
    _sections[path] = Section(path, label, place)
    return _sections[path]


def sections() -> list[Section]:
    """From left to right."""
    return sorted(_sections.values(), key=lambda section: section.place)
