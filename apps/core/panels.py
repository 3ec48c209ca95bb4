"""Panels: an app shows something on a page of an app below it, which never learns who does.

The page says where: ``{% panels "models.version" version %}``. An app above registers a function for the place when
it is ready; the function returns the markup for this request and object, or nothing.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

Panel = Callable[[HttpRequest, Any], SafeString | None]

_panels: dict[str, list[Panel]] = {}


def show_at(place: str) -> Callable[[Panel], Panel]:
    """Show what the function returns at that place of a page."""

    def register(panel: Panel) -> Panel:
        _panels.setdefault(place, []).append(panel)
        return panel

    return register


def places() -> list[str]:
    """The places of pages at which something is shown from above."""
    return list(_panels)


def panels_at(place: str, request: HttpRequest, subject: Any) -> list[SafeString]:
    return [shown for panel in _panels.get(place, []) if (shown := panel(request, subject))]
