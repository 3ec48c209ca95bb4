"""The model document: one JSON format for templates, import, export and the stateless calculation.

``parse`` turns a document into a ``Model`` or says everything that is wrong with it; ``json_schema`` builds the
published schema from the engine's table of methods.
"""

from resimate_engine.canonical import canonical, digest
from resimate_engine.document.doubts import doubts
from resimate_engine.document.parsing import DocumentInvalid, parse
from resimate_engine.document.reading import read_json
from resimate_engine.document.schema import json_schema
from resimate_engine.problems import Problem

__all__ = [
    "DocumentInvalid",
    "Problem",
    "canonical",
    "digest",
    "doubts",
    "json_schema",
    "parse",
    "read_json",
]
