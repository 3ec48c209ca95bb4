"""What events carry. Each app declares its own in its module ``events``, which is found at start::

    declare("campaign.opened", "A campaign began to collect answers.", {"campaign_id": ID})

The declarations are a contract with whoever listens, in this product and outside: ``docs/contracts/events.json``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from jsonschema import Draft202012Validator

Schema = Mapping[str, Any]

ID: Final[Schema] = {"type": "string", "format": "uuid"}
IDS: Final[Schema] = {"type": "array", "items": ID, "minItems": 1}
DATE: Final[Schema] = {"type": "string", "format": "date"}
TEXT: Final[Schema] = {"type": "string"}


@dataclass(frozen=True, slots=True)
class EventType:
    """``internal``: it asks our own workers for something, and nobody outside is told.

    ``version`` rises with each change that a reader of the payload before it would stumble over.
    """

    name: str
    about: str
    carries: Mapping[str, Schema]
    may_carry: Mapping[str, Schema]
    internal: bool
    version: int

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the payload. Readers pass over keys that they do not know: some may be added."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"resimate.event/{self.name}/{self.version}",
            "title": self.name,
            "description": self.about,
            "type": "object",
            "properties": {**self.carries, **self.may_carry},
            "required": sorted(self.carries),
        }


class NotDeclared(ValueError):
    """An event was published that no app declares, or with a payload that is not what its app declares."""


DECLARED: Final[dict[str, EventType]] = {}


def declare(
    name: str,
    about: str,
    carries: Mapping[str, Schema],
    *,
    may_carry: Mapping[str, Schema] | None = None,
    internal: bool = False,
    version: int = 1,
) -> EventType:
    """Say what an event means and carries: a JSON Schema for each key of its payload."""
    if name in DECLARED:
        raise ValueError(f"two apps declare the event {name}")
    DECLARED[name] = EventType(name, about, carries, may_carry or {}, internal, version)
    return DECLARED[name]


def check(name: str, payload: Mapping[str, Any]) -> None:
    """Raise ``NotDeclared`` unless the payload is what was declared, without a key that no reader was told of."""
    if name not in DECLARED:
        raise NotDeclared(f"no app declares the event {name}")
    schema = {**DECLARED[name].schema(), "additionalProperties": False}
    found = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(payload)
    if wrong := [f"{error.json_path}: {error.message}" for error in found]:
        raise NotDeclared(f"{name} carries something else than declared: {'; '.join(wrong)}")


def catalogue(version: str) -> dict[str, Any]:
    """Every event with its version and the schema of its payload; ``version``: of the contract as a whole."""
    return {
        "title": "Events of Resimate",
        "version": version,
        "events": {
            name: {"version": one.version, "internal": one.internal, "payload": one.schema()}
            for name, one in sorted(DECLARED.items())
        },
    }
