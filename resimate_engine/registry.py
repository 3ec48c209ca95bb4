"""The one table of methods: what a model document may ask for, and the function that does it.

A method is a function with a decorator. The table feeds the calculation (look-up by place and name), the JSON
Schema of the model document, its validation and the catalogue in the documentation, so they cannot disagree.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

REQUIRED: Final = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a method: its JSON Schema, its default and whether it is in the input's own unit."""

    schema: Mapping[str, Any]
    default: Any = REQUIRED
    own_unit: bool = False

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    def read(self, value: Any) -> Any:
        """Return the value as the method takes it: for JSON Schema 7.0 is an integer too, for Python it is none."""
        return int(value) if self.schema.get("type") == "integer" else value


@dataclass(frozen=True, slots=True)
class Method:
    """A named way to do one step of the calculation.

    ``relative`` methods compare units with each other. ``fills_scale`` says that a normalisation ends on the
    document's scale. ``directed`` is False for a normalisation that spells out the score of every value itself, so
    that a negative direction has nothing left to turn round. ``failure`` is the reason given where an aggregation has
    values to work on and no result; an aggregation that ``needs_all`` has none when a child is missing.
    """

    place: str
    name: str
    function: Callable[..., Any]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    relative: bool = False
    fills_scale: bool = False
    directed: bool = True
    failure: str = "not_defined"
    needs_all: bool = False

    def bind(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return keyword arguments: what was given, defaults for the rest; ``else`` becomes ``else_``."""
        return {
            _argument(name): parameter.read(given[name]) if name in given else parameter.default
            for name, parameter in self.parameters.items()
            if name in given or not parameter.required
        }


METHODS: dict[str, dict[str, Method]] = {}

Function = TypeVar("Function", bound=Callable[..., Any])


def method(
    place: str,
    name: str,
    *,
    relative: bool = False,
    fills_scale: bool = False,
    directed: bool = True,
    failure: str = "not_defined",
    needs_all: bool = False,
    parameters: Mapping[str, Parameter] | None = None,
) -> Callable[[Function], Function]:
    """Enter the decorated function in the table as ``name`` at ``place``."""

    def enter(function: Function) -> Function:
        row = Method(place, name, function, dict(parameters or {}), relative, fills_scale, directed, failure, needs_all)
        METHODS.setdefault(place, {})[name] = row
        return function

    return enter


def lookup(place: str, name: str) -> Method:
    """Return the method; ``KeyError`` when there is none."""
    return METHODS[place][name]


def number(default: Any = REQUIRED, *, own_unit: bool = False, **limits: float) -> Parameter:
    """Return a parameter that is a number within ``limits`` (JSON Schema keywords)."""
    return Parameter({"type": "number", **limits}, default, own_unit)


def choice(*names: str, default: Any = REQUIRED) -> Parameter:
    """Return a parameter that is one of ``names``."""
    return Parameter({"enum": list(names)}, default)


def flag(default: bool) -> Parameter:
    """Return a parameter that is true or false."""
    return Parameter({"type": "boolean"}, default)


def numbers(
    default: Any = REQUIRED, *, own_unit: bool = False, minimum: float | None = None, least: int = 1
) -> Parameter:
    """Return a parameter that is a list of at least ``least`` numbers."""
    item: dict[str, Any] = {"type": "number"} if minimum is None else {"type": "number", "minimum": minimum}
    return Parameter({"type": "array", "items": item, "minItems": least, "maxItems": 1000}, default, own_unit)


def table(*, minimum: float | None = None) -> Parameter:
    """Return a parameter that is a list of rows of numbers."""
    rows = dict(numbers(minimum=minimum).schema)
    return Parameter({"type": "array", "items": rows, "minItems": 1, "maxItems": 1000})


def _argument(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name
