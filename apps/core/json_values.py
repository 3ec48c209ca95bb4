"""JSON as the API reads and writes it: strict on the way in, exact on the way out. It needs no settings."""

import codecs
import datetime
import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, Final

import orjson
from django.utils.functional import Promise

from apps.core.errors import Invalid, Problem, Refused
from resimate_text.pointers import pointer as step_to
from resimate_text.problems import MOST_PROBLEMS
from resimate_text.sentences import Sentence

#: How deep JSON may be nested. What is read must go out again inside an answer, and orjson writes 254 levels.
DEPTH: Final = 200
#: An object takes sixty bytes of memory and a moment of everybody's time, but two bytes of a body.
MOST_VALUES: Final = 2_000_000
OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class Malformed(Refused):
    code = "malformed"
    status = 400
    title = "The request could not be read"


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
        raise Malformed(f"not JSON: {error}") from error
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
        raise Malformed(f"JSON is nested more than {DEPTH} deep") from error


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


def _plain(value: Any) -> Any:
    if isinstance(value, (Promise, Decimal)):
        return str(value)
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if hasattr(value, "items"):
        return dict(value.items())
    if hasattr(value, "__iter__"):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def encode(data: Any) -> bytes:
    """JSON as the API writes it: UTC times end in ``Z``, UUIDs are strings, a double keeps all its digits."""
    try:
        return orjson.dumps(data, default=_plain, option=OPTIONS)
    except (
        TypeError
    ):  # perhaps a large number: the database gives 1e22 back as an integer, of which orjson writes 64 bits
        return orjson.dumps(_as_doubles(data), default=_plain, option=OPTIONS)


def _as_doubles(data: Any) -> Any:
    """The same with the double in the place of each integer beyond 64 bits.

    >>> _as_doubles({"x": [10**22, 3]})
    {'x': [1e+22, 3]}
    """
    if isinstance(data, dict):
        return {key: _as_doubles(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_as_doubles(value) for value in data]
    return float(data) if isinstance(data, int) and data.bit_length() > 63 else data
