from typing import Any

from django.http import HttpRequest
from django.http.request import UnreadablePostError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from apps.core.errors import Invalid, Problem
from apps.core.json_values import decode
from apps.core.sizes import MOST_ROWS


def body_of(request: HttpRequest) -> bytes:
    """The body as a whole; Django refuses one beyond ``DATA_UPLOAD_MAX_MEMORY_SIZE``."""
    try:
        return request.body
    except UnreadablePostError as error:
        raise ParseError("The body did not arrive completely.") from error


def sent_in(stream: Any) -> bytes:
    """All of what a parser is given: the request, or what was read of it already, as who signed in by a session has it.

    Raises ``ParseError``.
    """
    found: bytes = body_of(stream) if isinstance(stream, HttpRequest) else stream.read()
    return found


def let_go(request: Request) -> None:
    """Forget the body: view, request and answer know each other, so it would stay until the collector comes by."""
    plain, parsed = vars(request._request), vars(request)
    plain.update(_body=b"", _stream=None)  # where Django keeps it
    parsed.update(_data=None, _full_data=None, _stream=None)  # and DRF


def rows_in(request: Request) -> bool:
    """Whether the body is a list of rows; refuses more of them than one request may bring."""
    rows = request.data
    if isinstance(rows, list) and not 1 <= len(rows) <= MOST_ROWS:
        detail = f"A list must have 1 to {MOST_ROWS:,} rows."
        raise Invalid(detail, errors=[Problem("", f"{len(rows)} rows", "bad_length")])
    return isinstance(rows, list)


def one_of(asked: dict[str, Any], *names: str) -> str:
    """The one of these that was given; exactly one must be."""
    given = [name for name in names if name in asked]
    if len(given) != 1:
        detail = f"send one of {', '.join(names)}"
        raise Invalid("It is not clear what to import.", errors=[Problem(f"/{names[0]}", detail, "required")])
    return given[0]


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return decode(sent_in(stream))


class UnreadJSONParser(JSONParser):
    """Leaves the body as it came, for whoever hands it on."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return sent_in(stream)
