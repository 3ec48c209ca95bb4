"""Model documents as calculations read them: checked, and kept parsed while they are in use. No database is asked."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any, Final

import resimate_engine as engine
from apps.core.errors import Problem, Refused
from apps.models.costing import INLINE
from resimate_engine import costs, document
from resimate_text.sentences import Sentence

KEPT: Final = 256


class DocumentTooLarge(Refused):
    code = "too_large"
    status = 413
    title = "The request is too large"


def check_size(data: Any) -> float:
    """Return what it costs to check a document, in seconds; refuses one of more parts than anybody waits for."""
    cost = costs.of_document(data)
    if cost > INLINE:
        detail = Sentence(
            "A model document can have at most {most:,} names, texts and numbers; this one has {given:,}.",
            most=round(INLINE / costs.VALUE),
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


class RecentModels:
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


RECENT: Final = RecentModels()


def known_or_parsed(data: Any) -> engine.Model:
    """Raises ``DocumentInvalid`` as the engine does."""
    try:
        form = document.canonical(data)
    except (TypeError, ValueError, RecursionError):
        return document.parse(data)  # which says what is wrong
    digest = hashlib.sha256(form).hexdigest()
    return RECENT.get(digest) or RECENT.put(digest, document.parse(json.loads(form)))
