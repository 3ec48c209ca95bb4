"""Attributes of people that a tenant declares by itself, and whether values fit what it declares.

Values of before stay when the schema changes: they are shown as they are, beside what no longer fits; who changes them
brings them into the new form.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from jsonschema import Draft202012Validator

from apps.accounts.attribute_schemas import LARGEST_ATTRIBUTES
from apps.accounts.settings_keys import ATTRIBUTES
from apps.configuration import misfits
from apps.configuration import services as configuration
from apps.core.errors import Invalid, Problem
from apps.core.translating import translated
from resimate_text.problems import MOST_PROBLEMS
from resimate_text.sentences import Sentence

REFUSED: Final = "Some of the attributes do not fit what the organisation has declared."
#: Types of attributes that have a field of their own on a page.
SIMPLE: Final = frozenset({"string", "integer", "number", "boolean"})


def schema() -> dict[str, Any]:
    """What the tenant declares; nobody has attributes that it does not name."""
    declared: dict[str, Any] = configuration.get(ATTRIBUTES.name)
    return {"type": "object", "additionalProperties": False, **declared}


def properties() -> Mapping[str, dict[str, Any]]:
    """The schema of each; one of which nothing is said may be anything."""
    named: dict[str, Any] = schema().get("properties", {})
    return {name: one if isinstance(one, dict) else {} for name, one in named.items()}


def simple() -> Mapping[str, dict[str, Any]]:
    """Those that a form can ask for, one by one."""
    return {name: one for name, one in properties().items() if "enum" in one or str(one.get("type")) in SIMPLE}


def misfit(
    values: Mapping[str, Any], at: str = "/attributes", declared: Mapping[str, Any] | None = None
) -> list[Problem]:
    """What of values does not fit what is ``declared``, or else the tenant declares; each with a pointer to it."""
    return [*_misfits(values, at, schema() if declared is None else declared)]


def told(problem: Problem) -> str:
    """A problem with the name of its attribute, as people read it."""
    name = problem.pointer.removeprefix("/attributes").strip("/").partition("/")[0]
    title = properties().get(name, {}).get("title", name)
    return f"{title}: {translated(problem.detail)}" if name else translated(problem.detail)


def refuse_misfit(values: Mapping[str, Any], at: str = "/attributes") -> None:
    """Raises ``Invalid`` with a problem for each thing that does not fit."""
    if problems := misfit(values, at):
        raise Invalid(REFUSED, errors=problems)


def fixed_and_changed(before: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    """Pointers to what differs although the tenant calls it ``readOnly``, at whatever depth."""
    return [*_changed(schema(), before, values, "/attributes")]


def _changed(declared: Any, before: Any, values: Any, at: str) -> Iterator[str]:
    if before == values or not isinstance(declared, dict):
        return
    if declared.get("readOnly"):
        yield at
        return
    for step, one in _within(declared, before, values):
        yield from _changed(one, _part(before, step), _part(values, step), f"{at}/{step}")


def _within(declared: dict[str, Any], before: Any, values: Any) -> Iterator[tuple[str | int, Any]]:
    """Each part of an object or a list, and what is declared of it."""
    named = declared.get("properties", {})
    objects = [one for one in (before, values) if isinstance(one, dict)]
    names = dict.fromkeys(name for one in objects for name in one)
    yield from ((name, named.get(name, declared.get("additionalProperties"))) for name in names)
    lengths = (len(one) for one in (before, values) if isinstance(one, list))
    yield from ((place, declared.get("items")) for place in range(max(lengths, default=0)))


def _part(whole: Any, step: str | int) -> Any:
    """None for what is not there, as for null: neither is worth more."""
    if isinstance(whole, dict):
        return whole.get(step)
    return whole[step] if isinstance(whole, list) and isinstance(step, int) and step < len(whole) else None


def _misfits(values: Mapping[str, Any], at: str, declared: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        size = len(json.dumps(values, ensure_ascii=False, allow_nan=False).encode())
    except ValueError:
        yield Problem(at, Sentence("Numbers are finite, and texts are Unicode."), "invalid")
        return
    if size > LARGEST_ATTRIBUTES:
        detail = Sentence("All attributes together have at most {most} bytes.", most=LARGEST_ATTRIBUTES)
        yield Problem(at, detail, "too_large")
        return
    if not values and not declared.get("required"):
        return
    for error in islice(Draft202012Validator(declared).iter_errors(values), MOST_PROBLEMS):
        found = misfits.of(error)
        yield Problem(f"{at}{found.pointer}", found.detail, str(error.validator))


def as_typed(text: str, declared: Mapping[str, Any]) -> Any:
    """The value that a cell of a table writes, of the type that is declared; the text itself where it is none of it."""
    kind = declared.get("type")
    if kind in ("integer", "number"):
        try:
            return int(text) if kind == "integer" else float(text)
        except ValueError:
            return text
    if kind == "boolean":
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
            text.casefold(), text
        )
    return text


def as_cell(value: Any) -> str:
    """A value as ``as_typed`` reads it.

    >>> as_cell(True), as_cell(3), as_cell(None)
    ('true', '3', '')
    """
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
