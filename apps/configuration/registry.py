"""The keys there are. Each is declared once, with its type, default and meaning."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jsonschema


@dataclass(frozen=True, slots=True)
class Key:
    """``schema`` is JSON Schema (2020-12) for the value; ``check`` says what else is wrong with one."""

    name: str
    default: Any
    schema: dict[str, Any]
    about: str
    check: Callable[[Any], str | None] | None = None

    def problem_with(self, value: Any) -> str | None:
        error = next(jsonschema.Draft202012Validator(self.schema).iter_errors(value), None)
        if error is not None:
            return str(error.message)
        return self.check(value) if self.check else None


KEYS: dict[str, Key] = {}


def declare(
    name: str,
    default: Any,
    schema: dict[str, Any],
    about: str,
    check: Callable[[Any], str | None] | None = None,
) -> Key:
    if name in KEYS:
        raise ValueError(f"{name} is declared twice")
    KEYS[name] = Key(name, default, schema, about, check)
    return KEYS[name]


_PER_HOUR = {"type": "integer", "minimum": 1, "maximum": 100_000_000}

declare("api.rate.models", 1000, _PER_HOUR, "Requests an hour and user to models.")
declare("api.rate.assessments", 500, _PER_HOUR, "Requests an hour and user to assessments.")
declare("api.rate.calculations", 600_000, _PER_HOUR, "Requests an hour and user to calculations (10,000 a minute).")
declare("api.rate.default", 1000, _PER_HOUR, "Requests an hour and user to every other part of the API.")
declare("campaign.sender", "", {"type": "string", "maxLength": 200}, "Name shown as the sender of invitations.")
