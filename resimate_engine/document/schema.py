"""The JSON Schema (2020-12) of the model document, built from the engine's table of methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from resimate_engine import METHODS
from resimate_engine.registry import Method

SCHEMA_ID: Final = "/api/v1/schemas/model.json"
DOCUMENT_KIND: Final = "resimate.model/1"
METHOD_TITLE: Final = "method"
CODE_PATTERN: Final = "^[A-Za-z][A-Za-z0-9_]*$"
LANGUAGE_PATTERN: Final = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
DEEPEST: Final = 20

Schema = dict[str, Any]


def json_schema() -> Schema:
    """Return the schema of the whole document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Resimate model document",
        **_closed(_document(), required=["schema", "code", "name", "scale", "root"]),
        "$defs": {
            "code": {"type": "string", "pattern": CODE_PATTERN, "maxLength": 100},
            "inputName": {"type": "string", "minLength": 1, "maxLength": 200},
            "text": _text(),
            "node": _node(),
            "indicator": _indicator(),
            "question": _question(),
            "responseScale": _response_scale(),
            "weight": {"type": "number", "minimum": 0},
            "share": {"type": "number", "minimum": 0, "maximum": 1},
            "minCoverage": {
                "if": {"type": "object"},
                "then": _closed({"share": _ref("share"), "of": {"enum": ["weights", "indicators"]}}, ["share"]),
                "else": _ref("share"),
            },
            **{place: step_schema(methods) for place, methods in METHODS.items()},
        },
    }


def _closed(properties: Mapping[str, Any], required: list[str] | None = None) -> Schema:
    schema: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list_of(items: Schema, least: int = 0, most: int = 1000) -> Schema:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def _text() -> Schema:
    """A text in up to a hundred languages."""
    return {
        "type": "object",
        "propertyNames": {"pattern": LANGUAGE_PATTERN, "maxLength": 35},
        "additionalProperties": {"type": "string", "maxLength": 5000},
        "maxProperties": 100,
    }


def _document() -> Schema:
    return {
        "schema": {"const": DOCUMENT_KIND},
        "code": _ref("code"),
        "name": {**_ref("text"), "minProperties": 1},
        "description": _ref("text"),
        "language": {"type": "string", "pattern": LANGUAGE_PATTERN, "maxLength": 35},
        "sources": _list_of({"type": "string", "maxLength": 1000}, most=100),
        "licence": {"type": "string", "maxLength": 200},
        "mode": {"enum": ["absolute", "relative"]},
        "scale": _closed({"low": {"type": "number"}, "high": {"type": "number"}}, ["low", "high"]),
        "bands": _list_of(
            _closed({"from": {"type": "number"}, "code": _ref("code"), "name": _ref("text")}, ["from", "code"]),
            most=100,
        ),
        "response_scales": {
            "type": "object",
            "propertyNames": {"pattern": CODE_PATTERN, "maxLength": 100},
            "additionalProperties": _ref("responseScale"),
        },
        "weights": {
            "type": "object",
            "propertyNames": {"pattern": CODE_PATTERN, "maxLength": 100},
            "additionalProperties": _ref("weights"),
        },
        "root": _ref("node"),
    }


def _node() -> Schema:
    properties = {
        "code": _ref("code"),
        "name": _ref("text"),
        "description": _ref("text"),
        "weight": _ref("weight"),
        "critical": {"type": "boolean"},
        "target": {"type": "number"},
        "effort": {"type": "number", "exclusiveMinimum": 0},
        "min_coverage": _ref("minCoverage"),
        "missing": _ref("missing"),
        "aggregation": _ref("aggregation"),
        "children": _list_of(_ref("node"), least=1),
        "indicator": _ref("indicator"),
    }
    branch = {"required": ["children", "aggregation"], "not": {"required": ["indicator"]}}
    leaf = {"required": ["indicator"], "not": {"anyOf": [{"required": ["children"]}, {"required": ["aggregation"]}]}}
    return {**_closed(properties, ["code"]), "oneOf": [branch, leaf], "title": "node"}


def _indicator() -> Schema:
    properties = {
        "input": _ref("inputName"),
        "unit": {"type": "string", "maxLength": 200},
        "direction": {"enum": ["positive", "negative"]},
        "questions": _list_of(_ref("question"), least=1),
        **{place: _ref(place) for place in ("rater_aggregation", "missing", "treatment", "transform", "normalisation")},
        "denominator": _ref("inputName"),
    }
    return {
        **_closed(properties),
        "oneOf": [{"required": ["input"]}, {"required": ["questions"]}],
        "title": "indicator",
    }


def _question() -> Schema:
    properties = {
        "code": _ref("code"),
        "text": _ref("text"),
        "help": _ref("text"),
        "scale": _ref("code"),
        "weight": _ref("weight"),
        "reverse": {"type": "boolean"},
        "required": {"type": "boolean"},
    }
    return _closed(properties, ["code", "scale"])


def _response_scale() -> Schema:
    common = {
        "kind": {"enum": ["ordinal", "numeric", "boolean", "multi"]},
        "name": _ref("text"),
        "allow_not_applicable": {"type": "boolean"},
        "allow_dont_know": {"type": "boolean"},
    }
    name = {"name": _ref("text")}
    kinds = {
        "ordinal": {"options": _list_of(_closed({"value": {"type": "number"}, **name}, ["value"]), least=2, most=200)},
        "numeric": {"low": {"type": "number"}, "high": {"type": "number"}},
        "boolean": {},
        "multi": {"options": _list_of(_multi_option(), least=1, most=200)},
    }
    cases = [
        {"if": _is("kind", kind), "then": _closed({**common, **own}, ["kind", *own])} for kind, own in kinds.items()
    ]
    return {"type": "object", "required": ["kind"], "properties": {"kind": common["kind"]}, "allOf": cases}


def _multi_option() -> Schema:
    value = {"type": ["string", "number"], "maxLength": 100}
    return _closed({"value": value, "name": _ref("text"), "points": {"type": "number", "minimum": 0}}, ["value"])


def _is(key: str, value: str) -> Schema:
    return {"required": [key], "properties": {key: {"const": value}}}


def step_schema(methods: Mapping[str, Method]) -> Schema:
    """Return the schema of a step: ``{"method": name, ...}``, or the bare name of one that needs no parameter."""
    bare = [name for name, method in methods.items() if not any(p.required for p in method.parameters.values())]
    cases = [{"if": _is("method", name), "then": _parameters(method)} for name, method in methods.items()]
    return {
        "if": {"type": "string"},
        "then": {"enum": sorted(bare), "title": METHOD_TITLE},
        "else": {
            "type": "object",
            "required": ["method"],
            "properties": {"method": {"enum": sorted(methods), "title": METHOD_TITLE}},
            "allOf": sorted(cases, key=lambda case: str(case["if"])),
        },
    }


def _parameters(method: Method) -> Schema:
    properties = {name: dict(parameter.schema) for name, parameter in sorted(method.parameters.items())}
    required = sorted(name for name, parameter in method.parameters.items() if parameter.required)
    return _closed({"method": {"const": method.name}, **properties}, ["method", *required])
