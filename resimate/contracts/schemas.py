"""What two schemas, of OpenAPI 3.0 or JSON Schema, differ in for those who send or get the values."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]
Choices = Sequence[Json]

TYPES = {"NoneType": "null", "bool": "boolean", "int": "integer", "float": "number", "str": "string"}
#: Each limit with the value that limits nothing.
LIMITS = {
    **dict.fromkeys(("maxLength", "maximum", "maxItems", "maxProperties"), math.inf),
    **dict.fromkeys(("minLength", "minItems", "minProperties"), 0),
    "minimum": -math.inf,
}


@dataclass
class Comparison:
    """The breaks that were ``found`` between two documents, each once however many operations share its schema."""

    old: Json
    new: Json
    found: list[str] = field(default_factory=list)
    _seen: set[tuple[str, str, bool]] = field(default_factory=set)

    def say(self, place: str, what: str) -> None:
        self.found.append(f"{place}: {what}")

    def compare(self, old: Json, new: Json, place: str, *, is_sent: bool) -> None:
        """Look for breaks in what is ``is_sent`` by clients, or else got by them."""
        mark = (old.get("$ref", ""), new.get("$ref", ""), is_sent)
        if all(mark[:2]) and mark in self._seen:
            return
        self._seen.add(mark)
        olds, was_null = _choices(self.old, old)
        news, is_null = _choices(self.new, new)
        if None not in (was_null, is_null) and was_null != is_null and was_null == is_sent:
            self.say(place, "takes no null now" if is_sent else "may be null now")
        if len(olds) == len(news) == 1:
            self._values(olds[0], news[0], place, is_sent)
        elif not self._are_kept(olds, news, is_sent):
            self.say(place, "takes less than it took" if is_sent else "may be what it never was")

    def _are_kept(self, olds: Choices, news: Choices, is_sent: bool) -> bool:
        """Each that could be sent must match one that can; each that may come must match one that might."""

        def match(old: Json, new: Json) -> bool:
            trial = Comparison(self.old, self.new, _seen=set(self._seen))
            trial._values(old, new, "", is_sent)
            return not trial.found

        if is_sent:
            return all(any(match(old, new) for new in news) for old in olds)
        return all(any(match(old, new) for old in olds) for new in news)

    def _values(self, old: Json, new: Json, place: str, is_sent: bool) -> None:
        narrow, wide = (old, new) if is_sent else (new, old)
        if not _fits(narrow, wide):
            self.say(place, f"{_named(new)} now, was {_named(old)}")
            return
        for value in old.get("enum", []):
            if value is not None and value not in new.get("enum", [value]):
                self.say(place, f"no longer {value!r}")
        if is_sent:
            for limit in _tightened(old, new):
                self.say(place, limit)
        self._keys(old, new, place, is_sent)
        if "items" in wide:
            self.compare(old.get("items", {}), new.get("items", {}), f"{place}[]", is_sent=is_sent)

    def _keys(self, old: Json, new: Json, place: str, is_sent: bool) -> None:
        olds, news = old.get("properties", {}), new.get("properties", {})
        for name, schema in olds.items():
            if name in news:
                self.compare(schema, news[name], f"{place}.{name}", is_sent=is_sent)
            else:
                self.say(f"{place}.{name}", "gone")
        was, is_now = set(old.get("required", [])), set(new.get("required", []))
        for name in sorted(is_now - was if is_sent else (was - is_now) & news.keys()):
            self.say(f"{place}.{name}", "required now" if is_sent else "may be missing now")
        self._other_keys(old.get("additionalProperties", True), new.get("additionalProperties", True), place, is_sent)

    def _other_keys(self, old: Json | bool, new: Json | bool, place: str, is_sent: bool) -> None:
        """What keys without a name of their own may hold: anything, what a schema says, or nothing at all."""
        if old is False or new is False:
            if is_sent and old is not False:
                self.say(place, "takes no other keys now")
        elif old is not True or new is not True:
            self.compare({} if old is True else old, {} if new is True else new, f"{place}.*", is_sent=is_sent)


def whole(document: Json, schema: Json) -> Json:
    """Follow a reference, and put together what ``allOf`` takes apart."""
    if "$ref" in schema:
        target = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return whole(document, {**target, **{key: value for key, value in schema.items() if key != "$ref"}})
    merged = {key: value for key, value in schema.items() if key != "allOf"}
    for part in (whole(document, one) for one in schema.get("allOf", [])):
        properties = {**part.get("properties", {}), **merged.get("properties", {})}
        required = [*part.get("required", []), *merged.get("required", [])]
        merged = {**part, **merged, "properties": properties, "required": required}
    return merged


def _choices(document: Json, schema: Json) -> tuple[Choices, bool | None]:
    """Kinds of value that a schema allows beside null, and whether it allows null; None where it allows anything."""
    given = whole(document, schema)
    choices = [whole(document, one) for key in ("oneOf", "anyOf") for one in given.get(key, [])] or [given]
    types = [_types(one) for one in choices]
    takes_null = given.get("nullable", False) or any("null" in some for some in types)
    return [one for one in choices if _types(one) != {"null"}], takes_null if all(types) else None


def _types(schema: Json) -> set[str]:
    """The types that a value may have; none named is any."""
    given = schema.get("type", [])
    types = {given} if isinstance(given, str) else set(given)
    types = types or {TYPES[type(value).__name__] for value in schema.get("enum", [])}
    return types | {"null"} if types and schema.get("nullable") else types


def _fits(narrow: Json, wide: Json) -> bool:
    """Whether each value of the one has a type and a format of the other; null is looked at elsewhere."""
    types, allowed = _types(narrow) - {"null"}, _types(wide)
    is_typed = not allowed or (bool(types) and types <= allowed | ({"integer"} if "number" in allowed else set()))
    return is_typed and wide.get("format") in (None, narrow.get("format"))


def _named(schema: Json) -> str:
    words = [" or ".join(sorted(_types(schema))) or "anything", schema.get("format", "")]
    return " ".join(word for word in words if word)


def _tightened(old: Json, new: Json) -> Iterator[str]:
    """What a value that was taken may now exceed, miss or stumble over."""
    if "enum" in new and "enum" not in old:
        yield "takes only some values now"
    if "default" in old and new.get("default") != old["default"]:
        yield f"means {new.get('default')!r} now where it is left out"
    if new.get("pattern") not in (None, old.get("pattern")):
        yield f"pattern is {new['pattern']} now"
    for key, least in LIMITS.items():
        was, is_now = old.get(key, least), new.get(key, least)
        if is_now < was if key.startswith("max") else is_now > was:
            yield f"{key} is {is_now} now"
