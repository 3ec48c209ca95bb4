"""What the fuzzer of the API has to know beside the document: how the bytes of a piece of a file are sent."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def piece_of_a_file(_context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
