"""Model documents, checked when they come in and kept parsed while they are in use."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, Final

import orjson

import resimate_engine as engine
from apps.core.errors import Invalid, Problem, Refused
from apps.core.sizes import LARGEST_DOCUMENT, megabytes
from apps.models.models import ModelVersion
from apps.models.services import budgets
from resimate_engine import costs, document
from resimate_text.sentences import Sentence

KEPT: Final = 256


class DocumentTooLarge(Refused):
    code = "too_large"
    status = 413
    title = "The request is too large"


def parse_document(data: Any, *, at: str = "") -> engine.Model:
    """Check a model document; ``at`` says where it stands in what was sent, and begins every pointer."""
    if _size(data) > LARGEST_DOCUMENT:
        raise DocumentTooLarge(Sentence("A model document can be at most {most} MB.", most=megabytes(LARGEST_DOCUMENT)))
    return _parsed(document.parse, data, at)


def model_of(data: Any, *, at: str = "/model") -> engine.Model:
    """Return the model of a document that came with the call; documents used last are kept parsed."""
    return _parsed(_known_or_parsed, data, at)


def _parsed(parse: Callable[[Any], engine.Model], data: Any, at: str) -> engine.Model:
    cost = check_size(data)
    try:
        return budgets.calculated(cost, parse, data)
    except document.DocumentInvalid as error:
        problems = problems_of(error.problems, at)
        raise Invalid("The model document is not valid.", errors=problems, more=error.more) from None


def check_size(data: Any) -> float:
    """Return what it costs to check a document, in seconds; refuses one of more parts than anybody waits for."""
    cost = costs.of_document(data)
    if cost > budgets.INLINE:
        detail = Sentence(
            "A model document can have at most {most:,} names, texts and numbers; this one has {given:,}.",
            most=round(budgets.INLINE / costs.VALUE),
            given=round(cost / costs.VALUE),
        )
        raise DocumentTooLarge(detail)
    return cost


def problems_of(problems: Iterable[engine.Problem], at: str = "") -> list[Problem]:
    return [Problem(at + one.pointer, one.detail, one.code) for one in problems]


def doubts_of(model: engine.Model, at: str = "") -> list[dict[str, str]]:
    """Return what a valid document may not have been meant to say, as the warnings of an answer."""
    found = problems_of(document.doubts(model), at)
    return [{"code": one.code, "detail": one.detail, "pointer": one.pointer} for one in found]


def _size(data: Any) -> int:
    try:
        return len(orjson.dumps(data))
    except TypeError:  # nested too deep, or numbers beyond JSON's: the parser says where
        return 0


class _RecentModels:
    """The models used last, by the digest of their documents: equal digests mean equal documents."""

    def __init__(self) -> None:
        self.models: OrderedDict[str, engine.Model] = OrderedDict()
        self.lock = Lock()

    def get(self, digest: str) -> engine.Model | None:
        with self.lock:
            if found := self.models.get(digest):
                self.models.move_to_end(digest)
            return found

    def put(self, digest: str, model: engine.Model) -> engine.Model:
        with self.lock:
            self.models[digest] = model
            while len(self.models) > KEPT:
                self.models.popitem(last=False)
        return model


_recent_models = _RecentModels()


def _known_or_parsed(data: Any) -> engine.Model:
    try:
        form = document.canonical(data)
    except (TypeError, ValueError, RecursionError):
        return document.parse(data)  # which says what is wrong
    digest = hashlib.sha256(form).hexdigest()
    return _recent_models.get(digest) or _recent_models.put(digest, document.parse(json.loads(form)))


def parsed(version: ModelVersion) -> engine.Model:
    """Return the version as the engine reads it. A version whose document is deferred is loaded at most once."""
    return _recent_models.get(version.digest) or _recent_models.put(version.digest, parse_document(version.document))


def read_document(text: str) -> Any:
    """Return the JSON value of a file's text."""
    try:
        return document.read_json(text)
    except ValueError as error:
        problem = Problem("", str(error), "malformed")
        raise Invalid("The model document cannot be read.", errors=[problem]) from None
