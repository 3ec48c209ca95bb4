"""From a model document to a ``Model``, or to the list of everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from apps.models.document.build import build
from apps.models.document.checks import check
from apps.models.document.guards import guard
from apps.models.document.schema import METHOD_TITLE, json_schema
from apps.models.engine.model import Model
from apps.models.engine.problems import MOST_PROBLEMS, Invalid, Problem, pointer

LONGEST_DETAIL = 300
SHAPES = {
    "node": "a node has either children with an aggregation, or an indicator",
    "indicator": "an indicator has either an input or questions",
}
CODES = {
    "type": "wrong_type",
    "enum": "not_offered",
    "const": "not_offered",
    "pattern": "bad_format",
    "propertyNames": "bad_format",
    "minimum": "out_of_range",
    "maximum": "out_of_range",
    "exclusiveMinimum": "out_of_range",
    "exclusiveMaximum": "out_of_range",
    "minItems": "too_few",
    "minProperties": "too_few",
    "minLength": "too_few",
    "maxItems": "too_many",
    "maxProperties": "too_many",
    "maxLength": "too_long",
    "oneOf": "wrong_shape",
}


class DocumentInvalid(Invalid):
    """A model document that breaks its contract."""


def parse(data: Any) -> Model:
    """Return the model that ``data`` (JSON values) describes.

    Raises ``DocumentInvalid`` with a pointer, a code and a detail for every problem, up to ``MOST_PROBLEMS``.
    """
    if not isinstance(data, dict):
        raise DocumentInvalid([Problem("", "not_an_object", "a model document must be an object")])
    for stage in (guard, _violations, check):
        problems = list(islice(stage(data), MOST_PROBLEMS))
        if problems:
            raise DocumentInvalid(problems)
    return build(data)


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json_schema())


def _violations(data: Mapping[str, Any]) -> Iterator[Problem]:
    for error in _validator().iter_errors(data):
        yield from _problems(error)


def _problems(error: ValidationError) -> Iterator[Problem]:
    place = pointer(*error.absolute_path)
    if error.validator == "required":
        for key in _missing_keys(error):
            yield Problem(place + pointer(key), "required", f"{key} is missing")
    elif error.validator == "additionalProperties":
        for key in error.instance.keys() - error.schema["properties"].keys():
            yield Problem(place + pointer(key), "unknown_key", f"{key!r} is not known here")
    elif error.schema.get("title") == METHOD_TITLE:
        yield Problem(place, "unknown_method", _short(f"no method {error.instance!r} without parameters here"))
    else:
        detail = (
            SHAPES.get(str(error.schema.get("title")), error.message) if error.validator == "oneOf" else error.message
        )
        yield Problem(place, CODES.get(str(error.validator), "invalid"), _short(detail))


def _missing_keys(error: ValidationError) -> list[str]:
    """jsonschema reports missing keys one by one; the key stands in the message alone."""
    found = re.match(r"'(.*)' is a required property", error.message)
    return [found.group(1)] if found else []


def _short(detail: str) -> str:
    return detail if len(detail) <= LONGEST_DETAIL else detail[: LONGEST_DETAIL - 1] + "…"
