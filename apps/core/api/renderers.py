import datetime
from decimal import Decimal
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


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


class Written(HttpResponse):
    """JSON that is written already: it goes out as it is, past the renderers."""

    def __init__(self, content: bytes, **options: Any) -> None:
        super().__init__(content, **{"content_type": "application/json", **options})


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else encode(data)
