"""The API's description of what calculations take. The engine itself checks every detail, with pointers."""

from typing import Any

from apps.models.engine.scoring import INCLUDABLE

OBJECT: dict[str, Any] = {"type": "object", "additionalProperties": True}
RESPONSE: dict[str, Any] = {
    "type": "object",
    "required": ["answers"],
    "additionalProperties": False,
    "properties": {"rater": {"type": "string"}, "group": {"type": "string"}, "answers": OBJECT},
}
UNIT: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 200},
        "group": {"type": "string"},
        "values": OBJECT,
        "responses": {"type": "array", "items": RESPONSE},
    },
}
UNITS: dict[str, Any] = {"type": "array", "items": UNIT}
PROPERTIES: dict[str, Any] = {
    "model": {**OBJECT, "description": 'A model document, or `{"version": "<id>"}` for a stored version.'},
    "units": UNITS,
    "options": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "include": {"type": "array", "items": {"type": "string", "enum": list(INCLUDABLE)}},
            "reference": {**UNITS, "description": "Units that relative methods compare with, and that get no result."},
        },
    },
}


def _json(required: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": required, "additionalProperties": False, "properties": properties}
    return {"application/json": schema}


NUMBERS: dict[str, Any] = {"type": "array", "items": {"type": "number"}}
ROWS: dict[str, Any] = {"type": "array", "items": NUMBERS}
CALCULATION = _json(["model", "units"], PROPERTIES)
EXPLANATION = _json(["model", "units", "unit"], {**PROPERTIES, "unit": {"type": "string"}})
WEIGHTS = _json(
    ["method"],
    {
        "method": {"type": "string"},
        "matrices": {"type": "array", "items": ROWS},
        "data": ROWS,
        "directions": {"type": "array", "items": {"type": "integer", "enum": [1, -1]}},
        "allocations": ROWS,
        "ranks": NUMBERS,
    },
)
AGREEMENT = _json(
    ["measure"],
    {
        "measure": {"type": "string"},
        "level": {"type": "string", "enum": ["nominal", "ordinal", "interval", "ratio"]},
        "form": {"type": "string"},
        "ratings": {"type": "array", "items": {"type": "array", "items": {"type": "number", "nullable": True}}},
        "counts": ROWS,
        "options": {"type": "integer"},
    },
)
