import codecs
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
from django.http import HttpRequest
from django.http.request import UnreadablePostError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from apps.core.errors import Invalid, Problem, Refused
from apps.core.sizes import MOST_ROWS
from resimate_text.pointers import pointer as step_to
from resimate_text.problems import MOST_PROBLEMS
from resimate_text.sentences import Sentence

#: How deep JSON may be nested. What is read must go out again inside an answer, and orjson writes 254 levels.
DEPTH = 200
#: An object takes sixty bytes of memory and a moment of everybody's time, but two bytes of a body.
MOST_VALUES = 2_000_000


class TooManyValues(Refused):
    code = "too_large"
    status = 413
    title = "The request is too large"


def decode(body: bytes) -> Any:
    """Strict JSON (RFC 8259): no NaN, no Infinity, no trailing text, no deeper than anybody needs, and no NUL.

    A byte order mark is passed over, as the standard allows; of a name that comes twice the last one counts.
    """
    _refuse_many(body)
    try:
        data = orjson.loads(body.removeprefix(codecs.BOM_UTF8))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ParseError(f"not JSON: {error}") from error
    _refuse_depth(body, data)
    _refuse_nul(body, data)
    return data


def _refuse_many(body: bytes) -> None:
    """Commas are counted, before anything is made of them."""
    if len(body) > MOST_VALUES and (given := body.count(b",")) > MOST_VALUES:
        raise TooManyValues(
            Sentence(
                "The JSON can have at most {most:,} values; it has about {given:,}.", most=MOST_VALUES, given=given
            )
        )


def _refuse_depth(body: bytes, data: Any) -> None:
    if body.count(b"[") + body.count(b"{") <= DEPTH:
        return
    for _ in range(254 - DEPTH):  # so far orjson itself would let it be nested
        data = [data]
    try:
        orjson.dumps(data)
    except TypeError as error:
        raise ParseError(f"JSON is nested more than {DEPTH} deep") from error


def _refuse_nul(body: bytes, data: Any) -> None:
    """PostgreSQL holds no text with U+0000, nor does anybody mean one."""
    if b"\\u0000" in body:
        places = islice(_nuls(data, ""), MOST_PROBLEMS + 1)
        problems = [Problem(pointer, "contains the character U+0000", "bad_text") for pointer in places]
        if problems:
            raise Invalid("Text cannot contain the character U+0000.", errors=problems)


def _nuls(data: Any, pointer: str) -> Iterator[str]:
    """Pointers to the texts, and the names in objects, with a NUL."""
    if isinstance(data, str) and "\0" in data:
        yield pointer
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _nuls(value, f"{pointer}/{index}")
    elif isinstance(data, dict):
        for name, value in data.items():
            place = pointer + step_to(name)
            yield from [place] * ("\0" in name)
            yield from _nuls(value, place)


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


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return decode(sent_in(stream))
