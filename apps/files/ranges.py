"""Which part of a content a request asks for (RFC 9110, section 14)."""

import re
from typing import Final

from apps.core.errors import Refused
from resimate_text.sentences import Sentence

#: From one byte to another or to the end, or so many at the end.
ONE: Final = re.compile(r"bytes=[ \t]*(?:([0-9]{1,30})-([0-9]{1,30})?|-([0-9]{1,30}))[ \t]*", re.IGNORECASE)


class RangeNotSatisfiable(Refused):
    code = "range_not_satisfiable"
    status = 416
    title = "The content has no such part"

    def __init__(self, size: int) -> None:
        super().__init__(Sentence("The content has {size} bytes, and none where the range begins.", size=size))
        self.headers = {"Content-Range": f"bytes */{size}"}


def asked_for(header: str, size: int) -> range | None:
    """The bytes that a header ``Range`` asks for.

    None, for the whole, where there is none, it asks for several parts, or it makes no sense.

    >>> asked_for("bytes=0-99", 1000), asked_for("bytes=990-", 1000), asked_for("bytes=-5", 1000)
    (range(0, 100), range(990, 1000), range(995, 1000))
    >>> asked_for("bytes=5-2", 1000), asked_for("bytes=0-1,5-6", 1000), asked_for("lines=1-", 1000)
    (None, None, None)

    Raises ``RangeNotSatisfiable``.
    """
    found = ONE.fullmatch(header)
    part = _part(*found.groups(), size=size) if found else None
    if part is not None and part.start >= size:
        raise RangeNotSatisfiable(size)
    return part


def _part(first: str | None, last: str | None, suffix: str | None, *, size: int) -> range | None:
    if suffix is not None:
        return range(max(0, size - int(suffix)), size)
    start, end = int(first or 0), int(last) if last else size
    return range(start, min(end + 1, size)) if start <= end or not last else None
