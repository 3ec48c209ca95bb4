"""JSON as it is written in files: strict, as everywhere (RFC 8259)."""

import json
from collections import Counter
from typing import Any, NoReturn

from resimate_text.sentences import Sentence


def read_json(text: str) -> Any:
    """Return the JSON value of a text. Raises ``ValueError`` with a sentence that is fit to show."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError(Sentence("not readable as JSON: it is nested too deeply")) from None
    except ValueError as error:
        raise ValueError(Sentence("not JSON: {error}", error=str(error))) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(Sentence("{name} is not a number in JSON", name=name))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand in it once. Of two, most programs would take the last one without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _times)] = Counter(key for key, _value in pairs).most_common(1)
        raise ValueError(Sentence("{key!r} stands twice in one object", key=twice[:40]))
    return found
