"""The keys there are. Each is declared once, with its type, default and meaning, in the app that reads it.

An app declares its keys in ``settings_keys.py``, which is found when the apps are ready.
"""

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


def declare_rate(group: str, an_hour: int, about: str) -> Key:
    """How often a user may ask the views whose ``throttle_group`` this is."""
    per_hour = {"type": "integer", "minimum": 1, "maximum": 100_000_000}
    return declare(f"api.rate.{group}", an_hour, per_hour, about)
