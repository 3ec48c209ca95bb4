"""What is wrong with a value that its schema refuses, as people say it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from jsonschema import ValidationError

from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence

#: Letters of what is said of a value that does not fit, and of the value itself.
LONGEST_PROBLEM: Final = 400
LONGEST_VALUE: Final = 60


@dataclass(frozen=True, slots=True)
class Misfit:
    """``pointer`` is a JSON pointer into the value; empty for all of it."""

    detail: str
    pointer: str = ""


def of(error: ValidationError, wanted: str = "") -> Misfit:
    """``wanted`` is the sentence where the value has not the form that its key wants."""
    where = pointer(*error.absolute_path)
    if error.validator == "pattern" and wanted:
        return Misfit(wanted, where)
    say = SAID.get(str(error.validator))
    return Misfit(say(error) if say else _shortened(error.message), where)


def _of_type(error: ValidationError) -> Sentence:
    said = {
        "string": Sentence("Give a text."),
        "integer": Sentence("Give a whole number."),
        "number": Sentence("Give a number."),
        "boolean": Sentence("Give true or false."),
        "array": Sentence("Give a list."),
        "object": Sentence("Give an object."),
    }
    return said.get(str(error.validator_value), Sentence("Give a value of another kind."))


def _of_choice(error: ValidationError) -> Sentence:
    options = _shortened(", ".join(str(one) for one in error.validator_value))
    return Sentence("{value} is none of these: {options}.", value=_shown(error.instance), options=options)


def _of_length(error: ValidationError) -> Sentence:
    length, most = len(error.instance), error.validator_value
    return Sentence("At most {most} characters; it has {length}.", most=most, length=length)


SAID: Final[dict[str, Callable[[ValidationError], Sentence]]] = {
    "type": _of_type,
    "enum": _of_choice,
    "minimum": lambda error: Sentence(
        "At least {bound}; not {value}.", bound=error.validator_value, value=error.instance
    ),
    "maximum": lambda error: Sentence(
        "At most {bound}; not {value}.", bound=error.validator_value, value=error.instance
    ),
    "maxLength": _of_length,
    "pattern": lambda error: Sentence("{value} does not have the form that is wanted.", value=_shown(error.instance)),
    "minItems": lambda error: Sentence("Name at least {least}.", least=error.validator_value),
    "maxItems": lambda error: Sentence("Name at most {most}.", most=error.validator_value),
    "required": lambda error: Sentence("{name} is missing.", name=_missing(error)),
    "uniqueItems": lambda error: Sentence("Name each of them once."),
}


def _missing(error: ValidationError) -> str:
    """The titles of what is missing, or else the names."""
    named = error.schema.get("properties", {})
    missing = [one for one in error.validator_value if one not in error.instance]
    titles = {name: one["title"] for name, one in named.items() if isinstance(one, dict) and "title" in one}
    return ", ".join(titles.get(one, one) for one in missing)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]} …"


def _shortened(text: str) -> str:
    """What is wrong comes after the value, which may be as long as a request.

    >>> _shortened("a" * 5000 + " is too long")[-30:]
    'aaaaaaaaaaaaaaaaaa is too long'
    """
    half = LONGEST_PROBLEM // 2
    return text if len(text) <= LONGEST_PROBLEM else f"{text[:half]} … {text[-half:]}"
