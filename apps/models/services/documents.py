"""Model documents, checked when they come in and kept parsed while they are in use."""

from collections.abc import Callable
from typing import Any

import orjson

import resimate_engine as engine
from apps.core.errors import Invalid, Problem
from apps.core.sizes import LARGEST_DOCUMENT, megabytes
from apps.models.documents import RECENT, DocumentTooLarge, check_size, known_or_parsed, problems_of
from apps.models.models import ModelVersion
from apps.models.services import budgets
from resimate_engine import document
from resimate_text.sentences import Sentence


def parse_document(data: Any, *, at: str = "") -> engine.Model:
    """Check a model document; ``at`` says where it stands in what was sent, and begins every pointer."""
    if _size(data) > LARGEST_DOCUMENT:
        raise DocumentTooLarge(Sentence("A model document can be at most {most} MB.", most=megabytes(LARGEST_DOCUMENT)))
    return _parsed(document.parse, data, at)


def model_of(data: Any, *, at: str = "/model") -> engine.Model:
    """Return the model of a document that came with the call; documents used last are kept parsed."""
    return _parsed(known_or_parsed, data, at)


def _parsed(parse: Callable[[Any], engine.Model], data: Any, at: str) -> engine.Model:
    cost = check_size(data)
    try:
        return budgets.calculated(cost, parse, data)
    except document.DocumentInvalid as error:
        problems = problems_of(error.problems, at)
        raise Invalid("The model document is not valid.", errors=problems, more=error.more) from None


def _size(data: Any) -> int:
    try:
        return len(orjson.dumps(data))
    except TypeError:  # nested too deep, or numbers beyond JSON's: the parser says where
        return 0


def parsed(version: ModelVersion) -> engine.Model:
    """Return the version as the engine reads it. A version whose document is deferred is loaded at most once."""
    return RECENT.get(version.digest) or RECENT.put(version.digest, parse_document(version.document))


def read_document(text: str) -> Any:
    """Return the JSON value of a file's text."""
    try:
        return document.read_json(text)
    except ValueError as error:
        problem = Problem("", str(error), "malformed")
        raise Invalid("The model document cannot be read.", errors=[problem]) from None
