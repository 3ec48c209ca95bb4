"""The API's description of what calculations take. The engine itself checks every detail, with pointers."""

from typing import Any

from resimate_engine.scoring import INCLUDABLE

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
SET: dict[str, Any] = {
    "type": "object",
    "required": ["set"],
    "additionalProperties": False,
    "properties": {"set": {"type": "string", "format": "uuid"}},
}
PROPERTIES: dict[str, Any] = {
    "model": {**OBJECT, "description": 'A model document, or `{"version": "<id>"}` for a stored version.'},
    "units": UNITS,
    "options": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "include": {"type": "array", "items": {"type": "string", "enum": list(INCLUDABLE)}},
            "reference": {
                "description": "What relative methods compare with, and what gets no result: units, or a stored set.",
                "oneOf": [UNITS, SET],
            },
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
TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number", "nullable": True}
TEXT_OR_NULL: dict[str, Any] = {**TEXT, "nullable": True}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


#: Why a stored score is what it is.
EXPLAINED = _object(
    {
        "run": {**TEXT, "format": "uuid"},
        "assessment": {**TEXT, "format": "uuid"},
        "calculated_by": {**TEXT, "description": "The engine version that calculated the score."},
        "agrees": {"type": "boolean", "description": "Whether the engine that explains comes to the same bits."},
        "engine_version": {**TEXT, "description": "The engine version that explains."},
        "input_digest": {**TEXT, "description": "A fingerprint of what went in, as the stored score has it."},
        "id": {**TEXT, "description": "The unit: the subject's code."},
        "score": NUMBER,
        "reason": TEXT_OR_NULL,
        "band": TEXT_OR_NULL,
        "rank": {"type": "integer", "nullable": True},
        "coverage": NUMBER,
        "next_band": {
            **_object({"code": TEXT, "from": {"type": "number"}, "distance": {"type": "number"}}),
            "nullable": True,
        },
        "nodes": {
            "type": "object",
            "description": "Of every node value, coverage, weights, contribution, gain, gap to the target, priority.",
            "additionalProperties": OBJECT,
        },
        "indicators": {
            "type": "object",
            "description": "Of every indicator each step from what was measured or answered to its score.",
            "additionalProperties": OBJECT,
        },
        "priorities": {"type": "array", "items": TEXT, "description": "Indicators by weighted gap for the effort."},
        "warnings": {
            "type": "array",
            "items": OBJECT,
            "description": "What should be seen, as raters that do not count.",
        },
    }
)
#: The same as the published schema in short, which OpenAPI 3.0 cannot take as it is.
TRACE = {
    "description": "A trace, as /api/v1/schemas/trace.json describes it.",
    **_object(
        {
            "schema": {**TEXT, "enum": ["resimate.trace/1"]},
            **{name: {**TEXT, "format": "uuid"} for name in ("run", "assessment")},
            "calculated_at": {**TEXT, "format": "date-time"},
            **dict.fromkeys(("engine_version", "model_digest", "input_digest"), TEXT),
            "model": OBJECT,
            "units": {"type": "array", "items": OBJECT},
            "options": OBJECT,
            "unit": TEXT,
            "result": OBJECT,
            "explanation": OBJECT,
        }
    ),
}
