import json
from typing import Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

DEPTH = 256


def decode(body: bytes) -> Any:
    """Strict JSON (RFC 8259): no NaN, no Infinity, no trailing text, and no deeper than anybody needs."""
    if _depth(body) > DEPTH:
        raise ParseError(f"JSON is nested more than {DEPTH} deep")
    try:
        return orjson.loads(body)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ParseError(f"not JSON: {error}") from error


def _depth(body: bytes) -> int:
    """An upper bound of the nesting, cheap for ordinary bodies (brackets inside strings count too)."""
    if body.count(b"[") + body.count(b"{") <= DEPTH:
        return 0
    depth = deepest = 0
    inside = escaped = False
    for byte in body:
        if inside:
            escaped, inside = (byte == 0x5C and not escaped), (byte != 0x22 or escaped)
        elif byte == 0x22:
            inside = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return decode(stream.read())
