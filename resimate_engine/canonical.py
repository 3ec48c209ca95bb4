"""One spelling for one value, so that equal input has one digest."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

#: Whole numbers from which on a double no longer tells each from the next.
EXACT: Final = 2**53


def canonical(value: Any) -> bytes:
    """Return JSON with sorted keys, no spaces and shortest round-trip doubles, as UTF-8.

    >>> canonical({"b": 1, "a": 0.1})
    b'{"a":0.1,"b":1}'

    Raises ``ValueError`` for NaN and infinities.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
    ).encode("utf-8", "surrogatepass")


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()
