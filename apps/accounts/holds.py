"""What a session has to do first: until then nothing is open to it but the pages for that.

An app declares a hold, and puts its ``flag`` into a session that begins; whoever has done it takes the flag out.
"""

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.urls import Resolver404, resolve

from apps.core.errors import catalogue


@dataclass(frozen=True, slots=True)
class Hold:
    """``pages`` are open; the first is where the others lead. The API answers with ``code``."""

    flag: str
    pages: tuple[str, ...]
    code: str
    detail: str

    def lets(self, path: str) -> bool:
        return path.startswith(settings.STATIC_URL) or _name_of(path) in self.pages


def _name_of(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


_declared: Final[dict[str, Hold]] = {}


def declare(flag: str, *pages: str, code: str, title: str, detail: str) -> Hold:
    """The holds of a session are met in the order in which they are declared: from the lowest app to the highest."""
    if flag in _declared:
        raise ValueError(f"{flag} holds sessions twice")
    _declared[flag] = Hold(flag, pages, catalogue(code, 403, title), detail)
    return _declared[flag]


def of(session: Any) -> Hold | None:
    """What the session has to do now."""
    return next((one for flag, one in _declared.items() if session.get(flag)), None)
