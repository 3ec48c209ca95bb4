"""What a tenant may say of attributes of people: a JSON Schema (2020-12) of limited size, depth and words.

It has no word by which it could lead elsewhere, or take long: neither references nor patterns nor alternatives.
"""

import json
import re
from typing import Any, Final

import jsonschema

from apps.configuration import misfits
from resimate_text.sentences import Sentence

_NAME: Final = r"[A-Za-z][A-Za-z0-9_]{0,39}"
#: Bytes of a schema of attributes, and of all attributes of a person, as JSON.
LARGEST_SCHEMA, LARGEST_ATTRIBUTES = 16_384, 8_192
DEEPEST_SCHEMA, MOST_ATTRIBUTES = 5, 50
#: What a schema may say of each value: nothing that leads elsewhere, or takes long to look at.
KEYWORDS: Final = frozenset(
    {
        *("type", "title", "description", "properties", "required", "additionalProperties", "enum", "const", "items"),
        *("minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("minItems", "maxItems", "minProperties", "maxProperties", "readOnly", "default", "examples"),
    }
)


def problem_with(schema: dict[str, Any]) -> str | None:
    """What is wrong with a schema of attributes, in a sentence."""
    if len(json.dumps(schema)) > LARGEST_SCHEMA:
        return Sentence("A schema has at most {most} bytes.", most=LARGEST_SCHEMA)
    named = schema.get("properties", {})
    if schema.get("type", "object") != "object" or (isinstance(named, dict) and len(named) > MOST_ATTRIBUTES):
        return Sentence("Declare an object of at most {most} attributes.", most=MOST_ATTRIBUTES)
    if problem := _problem_within(schema, 1):
        return problem
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        return Sentence("This is no JSON Schema: {problem}", problem=misfits.of(error).detail)
    return None


def _problem_within(schema: Any, depth: int) -> str | None:
    if not isinstance(schema, dict):
        return None  # which the meta-schema judges
    if depth > DEEPEST_SCHEMA:
        return Sentence("A schema is at most {most} levels deep.", most=DEEPEST_SCHEMA)
    if unknown := sorted(schema.keys() - KEYWORDS):
        return Sentence("{keyword!r} cannot be said of attributes.", keyword=unknown[0][:40])
    named = schema.get("properties", {})
    if not isinstance(named, dict):
        return Sentence("Write the attributes as an object, each with its schema.")
    if wrong := next((one for one in named if not re.fullmatch(_NAME, one)), None):
        return Sentence("{name!r} is no name of an attribute. Use letters, digits and _.", name=wrong[:40])
    within = [*named.values(), schema.get("items"), schema.get("additionalProperties")]
    return next((problem for one in within if (problem := _problem_within(one, depth + 1))), None)
