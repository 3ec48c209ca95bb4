"""Anticipated failures: each is shown to the person who caused it, with a stable code.

``Refused`` is the root. An exception is born beside the function that raises it; its class carries the ``code`` and the
HTTP ``status``, its message is fit to show. Defining the class enters the code into the catalogue that the
documentation lists (``docs/errors.md``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from resimate_text.problems import MOST_PROBLEMS


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where: ``pointer`` is an RFC 6901 JSON pointer into what was sent."""

    pointer: str
    detail: str
    code: str = "invalid"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    code: str
    status: int
    title: str


CATALOGUE: dict[str, CatalogueEntry] = {}


def catalogue(code: str, status: int, title: str) -> str:
    """Enter a code into the catalogue; a code keeps one status and one title for ever."""
    entry = CatalogueEntry(code, status, title)
    if CATALOGUE.setdefault(code, entry) != entry:
        raise ValueError(f"error code {code} is defined twice, differently")
    return code


class Refused(Exception):
    """The request was understood and is refused; nothing has changed.

    ``errors`` are the first of what is wrong, ``more`` how many more were found. ``headers`` come with the answer.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Refused"
    headers: Mapping[str, str] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        catalogue(cls.code, cls.status, cls.title)

    def __init__(self, detail: str, *, errors: Iterable[Problem] = (), more: int = 0) -> None:
        super().__init__(detail)
        found = tuple(errors)
        self.detail = detail
        self.errors = found[:MOST_PROBLEMS]
        self.more = more + len(found) - len(self.errors)


class Invalid(Refused):
    """What was sent does not say something that can be done; ``errors`` point at the places."""

    code = "invalid"
    status = 422
    title = "Some of the request is not valid"


class Stale(Refused):
    code = "precondition_failed"
    status = 412
    title = "The object has changed since it was read"


class Gone(Refused):
    """Somebody else has removed it a moment ago, between the look that found it and the lock."""

    code = "not_found"
    status = 404
    title = "Not found"


catalogue("refused", 409, "Refused")
catalogue("malformed", 400, "The request could not be read")
catalogue("not_authenticated", 401, "Sign in or send an API key")
catalogue("permission_denied", 403, "Not permitted")
catalogue("https_required", 403, "This is served over HTTPS alone")
catalogue("suspended", 403, "The workspace of this organisation is suspended")
catalogue("not_found", 404, "Not found")
catalogue("method_not_allowed", 405, "This address does not support that method")
catalogue("not_acceptable", 406, "That format is not available")
catalogue("too_slow", 408, "The body of the request did not arrive in time")
catalogue("length_required", 411, "Send a Content-Length: without one, only JSON is accepted")
catalogue("changed_meanwhile", 409, "Somebody else changed this at the same moment; try again")
catalogue("too_large", 413, "The request is too large")
catalogue("unsupported_media_type", 415, "Send JSON")
catalogue("rate_limited", 429, "Too many requests")
catalogue("unavailable", 503, "Part of the service is unavailable; try again shortly")
catalogue("internal", 500, "An unexpected error; it has been logged")
