"""JSON as it is written in files: strict, as everywhere (RFC 8259)."""

import json
from typing import Any, NoReturn

from resimate_text.sentences import Sentence


def read_json(text: str) -> Any:
    """Return the JSON value of a text. Raises ``ValueError`` with a sentence that is fit to show."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError(Sentence("not readable as JSON: it is nested too deeply")) from None
    except ValueError as error:
        raise ValueError(Sentence("not JSON: {error}", error=str(error))) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(Sentence("{name} is not a number in JSON", name=name))
