"""Requests with a mark in whatever they bring: bodies after the API's own document, forms after the pages."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from django.core.files.uploadedfile import SimpleUploadedFile

from apps.core.api import schema
from apps.elicitation.tests.story import DOCUMENT
from resimate.tests.watching.watch import MARK

#: With these, a request is answered as it would be without.
HEADERS = {
    "accept": f"application/json, text/html, */*;q=0.5, text/{MARK};q=0.1",
    "traceparent": f"00-{MARK}-{MARK}-01",
    "tracestate": f"{MARK}={MARK}",
} | dict.fromkeys(
    (
        *("accept-language", "user-agent", "referer", "origin", "x-request-id", "hx-target", "hx-trigger", "baggage"),
        *("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "x-http-method-override"),
    ),
    MARK,
)
#: With one of these, it may be refused before anything else is looked at.
CONDITIONS = dict.fromkeys(
    (
        *("idempotency-key", "if-match", "if-none-match", "range", "upload-metadata", "upload-length", "upload-offset"),
        *("content-disposition", "x-csrftoken"),
    ),
    MARK,
)
#: What pages and lists read of a query, asked for everywhere.
QUERY = (
    *("q", "search", "next", "o", "p", "page", "ordering", "lang", "language", "group", "run", "with"),
    *("status", "state", "version", "_to_field", "_popup", "_changelist_filters", "fields", "expand", MARK),
)
FORMATS = {
    "email": f"{MARK}@acme.example",
    "uri": f"https://{MARK}.example/{MARK}",
    "date": "2031-01-02",
    "date-time": "2031-01-02T03:04:05Z",
}
#: What has to be as it is for a request to be taken, by its name; the rest of it carries the mark.
FITTING: dict[str, Any] = {
    "": {**DOCUMENT, "code": MARK, "name": {"en": MARK}},
    "model": {**DOCUMENT, "code": MARK, "name": {"en": MARK}},
    "permission": "users:tenant:read",
    "scope": "users:tenant:read",
    "redirect_uri": f"https://{MARK}.example/",
    "csv": f"id,name,email,node,part,points\n{MARK},{MARK},{MARK}@acme.example,{MARK},{MARK},1\n",
    "time_zone": "Europe/Berlin",
    "language": "de",
    "denies": False,
}
#: What only goes without others, or ends something: left out.
LEFT_OUT = {"units", "rows", "period", "until", "expires_at", "stakeholder", "parents", "to_version", "comparisons"}
KINDS: dict[str, Any] = {"integer": 3, "number": 0.5, "boolean": True}


class Bodies:
    """What an operation takes, as its schema has it: texts are marks, the rest is as it should be."""

    def __init__(self, ids: dict[str, Any]) -> None:
        self.document = json.loads(schema.document())
        self.ids = ids

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if method in ("get", "post", "put", "patch", "delete"):
                    yield method.upper(), path, operation

    def bodies(self, operation: dict[str, Any]) -> list[Any]:
        """With all that may be in it, and with what must be."""
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return [{}]
        told = self._whole(next(iter(content.values()))["schema"])
        whole = self.value(told, "")
        needed = {name: whole[name] for name in told.get("required", ()) if name in whole}
        return [whole, needed] if needed else [whole]

    def value(self, told: dict[str, Any], name: str) -> Any:
        told = self._whole(told)
        if name in FITTING and "properties" not in told and told.get("type") != "array":
            return FITTING[name]
        if "enum" in told:
            return next(one for one in told["enum"] if one)
        if told.get("type") == "object" or "properties" in told:
            return self._object(told)
        if told.get("type") == "array":
            return [self.value(told["items"], name.removesuffix("s"))]
        return KINDS[told["type"]] if told.get("type") in KINDS else self._text(told, name)

    def _whole(self, told: dict[str, Any]) -> dict[str, Any]:
        """A schema with what it refers to."""
        if "$ref" in told:
            return self._whole(self.document["components"]["schemas"][told["$ref"].rpartition("/")[2]])
        for way in ("allOf", "oneOf"):
            if way in told:
                return self._whole(told[way][0])
        return told

    def _object(self, told: dict[str, Any]) -> dict[str, Any]:
        own = {name: one for name, one in told.get("properties", {}).items() if not self._is_left_out(name, one)}
        free = told.get("additionalProperties")
        more = {MARK: self.value(free, MARK)} if isinstance(free, dict) and free else {}
        return {name: self.value(one, name) for name, one in own.items()} | more

    def _is_left_out(self, name: str, told: dict[str, Any]) -> bool:
        return name in LEFT_OUT or bool(told.get("readOnly"))

    def _text(self, told: dict[str, Any], name: str) -> Any:
        if told.get("format") == "uuid":
            return str(self.ids.get(name.removesuffix("_id"), self.ids["user"]))
        if told.get("format") == "binary":
            return a_file()
        return FORMATS.get(told.get("format", ""), MARK)


def a_file() -> SimpleUploadedFile:
    """Its name would lead out of any folder; what is in it is a table."""
    return SimpleUploadedFile(f"../{MARK}/{MARK}.csv", f"name,email\n{MARK},{MARK}@acme.example\n".encode())


def everywhere(value: Any) -> Any:
    """The same with a mark for each value and one more name."""
    if isinstance(value, dict):
        return {name: everywhere(one) for name, one in value.items()} | {MARK: MARK}
    if isinstance(value, list):
        return [everywhere(one) for one in value]
    return value if value is None or isinstance(value, SimpleUploadedFile) else MARK


def queries(operation: dict[str, Any]) -> list[str]:
    """One with each parameter that it documents, since the first that is refused hides the others; and all at once."""
    own = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
    return [urlencode({name: MARK}) for name in own] + [urlencode(dict.fromkeys((*QUERY, *own), MARK))]


class Form(HTMLParser):
    """The fields of a page's forms with a value for each, as somebody would fill them in."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "option":
            self._option(given)
        elif tag in ("input", "textarea", "select") and given.get("name"):
            self._select = given["name"] if tag == "select" else ""
            self.values[given["name"]] = _filled(tag, given)

    def _option(self, given: dict[str, str]) -> None:
        if self._select and given.get("value") and not self.values[self._select]:
            self.values[self._select] = given["value"]


def _filled(tag: str, given: dict[str, str]) -> Any:
    kind = given.get("type", "text") if tag == "input" else tag
    if kind == "file":
        return a_file()
    typed = {"email": f"{MARK}@acme.example", "number": given.get("value") or "3", "date": "2031-01-02", "select": ""}
    typed |= {"datetime-local": "2031-01-02T03:04", "url": FORMATS["uri"], "time": "03:04", "textarea": MARK}
    if kind in ("hidden", "checkbox", "radio", "submit"):
        return given.get("value") or "on"
    return typed.get(kind, MARK)


def form(html: str) -> dict[str, Any]:
    """
    >>> form('<form><input name="a"><select name="b"><option value=""><option value="x"></select>')
    {'a': 'zq7mark', 'b': 'x'}
    """
    page = Form()
    page.feed(html)
    return page.values
