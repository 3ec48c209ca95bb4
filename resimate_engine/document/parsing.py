"""From a model document to a ``Model``, or to the list of everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from resimate_engine.document.build import build
from resimate_engine.document.checks import check
from resimate_engine.document.guards import guard
from resimate_engine.document.schema import METHOD_TITLE, json_schema
from resimate_engine.model import Model
from resimate_engine.problems import Invalid, Problem
from resimate_text.pointers import pointer
from resimate_text.problems import MOST_PROBLEMS
from resimate_text.sentences import Sentence

LONGEST_DETAIL = 300
SHAPES = {
    "node": Sentence("a node must have either children with an aggregation, or an indicator"),
    "indicator": Sentence("an indicator must have either an input or questions"),
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
        raise DocumentInvalid([Problem("", "not_an_object", Sentence("a model document must be an object"))])
    for stage in (guard, _violations, check):
        problems = list(islice(stage(data), MOST_PROBLEMS + 1))
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
            yield Problem(place + pointer(key), "required", Sentence("{name} is missing", name=key))
    elif error.validator == "additionalProperties":
        for key in error.instance.keys() - error.schema["properties"].keys():
            yield Problem(place + pointer(key), "unknown_key", Sentence("{key!r} is not allowed here", key=key))
    elif error.schema.get("title") == METHOD_TITLE:
        detail = Sentence("the method {name!r} cannot be used here without parameters", name=error.instance)
        yield Problem(place, "unknown_method", _short(detail))
    else:
        yield Problem(place, CODES.get(str(error.validator), "invalid"), _detail(error))


def _detail(error: ValidationError) -> str:
    """What jsonschema says; as a sentence, where that is short and ``SAYINGS`` has the very same."""
    if error.validator == "oneOf" and error.schema.get("title") in SHAPES:
        return SHAPES[error.schema["title"]]
    say = SAYINGS.get(str(error.validator))
    if say is None or len(error.message) > LONGEST_DETAIL:
        return _short(error.message)
    sentence = say(error.instance, error.validator_value)
    return sentence if sentence == error.message else error.message


def _wrong_type(value: Any, wanted: Any) -> Sentence:
    types = [wanted] if isinstance(wanted, str) else wanted
    return Sentence("{value!r} is not of type {types}", value=value, types=", ".join(map(repr, types)))


def _too_short(value: Any, limit: Any) -> Sentence:
    if limit == 1:
        return Sentence("{value!r} should be non-empty", value=value)
    return Sentence("{value!r} is too short", value=value)


#: What jsonschema says by keyword, of the value and what the schema wants: pages say it in other languages.
SAYINGS: Final[Mapping[str, Callable[[Any, Any], Sentence]]] = {
    "type": _wrong_type,
    "enum": lambda value, wanted: Sentence("{value!r} is not one of {wanted!r}", value=value, wanted=wanted),
    "const": lambda value, wanted: Sentence("{wanted!r} was expected", wanted=wanted),
    "pattern": lambda value, wanted: Sentence("{value!r} does not match {wanted!r}", value=value, wanted=wanted),
    "minimum": lambda value, limit: Sentence(
        "{value!r} is less than the minimum of {limit!r}", value=value, limit=limit
    ),
    "maximum": lambda value, limit: Sentence(
        "{value!r} is greater than the maximum of {limit!r}", value=value, limit=limit
    ),
    "exclusiveMinimum": lambda value, limit: Sentence(
        "{value!r} is less than or equal to the minimum of {limit!r}", value=value, limit=limit
    ),
    "exclusiveMaximum": lambda value, limit: Sentence(
        "{value!r} is greater than or equal to the maximum of {limit!r}", value=value, limit=limit
    ),
    "minItems": _too_short,
    "minLength": _too_short,
    "minProperties": _too_short,
    "maxItems": lambda value, limit: Sentence("{value!r} is too long", value=value),
    "maxLength": lambda value, limit: Sentence("{value!r} is too long", value=value),
    "maxProperties": lambda value, limit: Sentence("{value!r} has too many properties", value=value),
}


def _missing_keys(error: ValidationError) -> list[str]:
    """jsonschema reports missing keys one by one; the key stands in the message alone."""
    found = re.match(r"'(.*)' is a required property", error.message)
    return [found.group(1)] if found else []


def _short(detail: str) -> str:
    return detail if len(detail) <= LONGEST_DETAIL else detail[: LONGEST_DETAIL - 1] + "…"
