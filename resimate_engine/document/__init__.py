"""The model document: one JSON format for templates, import, export and the stateless calculation.

``parse`` turns a document into a ``Model`` or says everything that is wrong with it; ``json_schema`` builds the
published schema from the engine's table of methods.
"""

import json
from functools import lru_cache
from typing import Any

from resimate_engine.canonical import canonical, digest
from resimate_engine.document.doubts import doubts
from resimate_engine.document.parsing import DocumentInvalid, parse
from resimate_engine.document.reading import read_json
from resimate_engine.document.schema import json_schema
from resimate_engine.model import Model
from resimate_engine.problems import Problem

__all__ = [
    "DocumentInvalid",
    "Problem",
    "canonical",
    "digest",
    "doubts",
    "json_schema",
    "parse",
    "parse_cached",
    "read_json",
]


def parse_cached(data: Any) -> Model:
    """Return ``parse(data)``, remembering the last documents by their canonical form.

    Raises ``DocumentInvalid``.
    """
    try:
        form = canonical(data)
    except (TypeError, ValueError, RecursionError):
        return parse(data)
    return _parse_canonical(form)


@lru_cache(maxsize=256)
def _parse_canonical(form: bytes) -> Model:
    return parse(json.loads(form))
