"""The keys there are. Each is declared once, with its type, default and meaning."""

import json
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

    @property
    def may_be_kept(self) -> bool:
        """Whether the audit trail, which forgets nothing, may hold the value: a text may be a name or an address."""
        return "enum" in self.schema or self.schema.get("type") in ("integer", "number", "boolean")

    def read(self, text: str) -> Any:
        """The value that a person typed, in JSON; a setting that takes text takes it bare too.

        Raises ValueError where it is no JSON.
        """
        bare = self.schema.get("type") == "string" and not text.startswith('"')
        return text if bare else json.loads(text)

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
#: One line without control characters, so that it can stand in the head of a letter.
_LINE = {"type": "string", "maxLength": 200, "pattern": r"^[^\x00-\x1f\x7f\x85\u2028\u2029]*$(?!\n)"}
declare("campaign.sender", "", _LINE, "Name shown as the sender of invitations.")
