"""The addresses of the API, from its own URLconf, so that a new one is tested from its first day."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

ANY = "00000000-0000-7000-8000-000000000000"
#: What stands in addresses that is no id.
OTHERS = {"key": "api.rate.models", "number": "7"}


def views(method: str) -> list[tuple[str, Any]]:
    """``(path below /api/v1/, view class)`` of every address that takes the method; ids in it lead nowhere."""
    return [(path, view) for path, methods, view in _all() if method in methods]


def _all() -> Iterator[tuple[str, set[str], Any]]:
    for pattern, regex in _patterns(get_resolver("resimate.urls.tenant").url_patterns, ""):
        view = getattr(pattern.callback, "cls", None)
        if regex.startswith("api/v1/") and view is not None and "(?P<format>" not in regex:
            actions = getattr(pattern.callback, "actions", None) or {
                name: name for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)
            }
            yield _filled(regex.removeprefix("api/v1/")), {name.upper() for name in actions}, view


def _patterns(given: Any, prefix: str) -> Iterator[tuple[URLPattern, str]]:
    for pattern in given:
        regex = prefix + str(pattern.pattern).replace("^", "").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, regex)
        else:
            yield pattern, regex


def _filled(regex: str) -> str:
    """
    >>> _filled("models/(?P<model>[a-f]{8}(?:-x)+)/versions/")
    'models/00000000-0000-7000-8000-000000000000/versions/'
    """
    while found := re.search(r"\(\?P<(\w+)>", regex):
        end = _closing(regex, found.start())
        value = OTHERS.get(found[1], ANY)
        regex = regex[: found.start()] + value + regex[end + 1 :]
    return regex


def _closing(text: str, start: int) -> int:
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return place
    raise ValueError(text)
