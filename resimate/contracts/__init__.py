"""What others build on: the API's document and what events carry, as they are and as they were last released."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.core import event_types
from apps.core.api import schema

RELEASED = Path("docs/contracts/released")


def version() -> str:
    return str(settings.SPECTACULAR_SETTINGS["VERSION"])


def openapi() -> dict[str, Any]:
    return dict(json.loads(schema.document()))


def events() -> dict[str, Any]:
    return event_types.catalogue(version())


def present() -> dict[str, Any]:
    return {"openapi": openapi(), "events": events()}


def releases() -> list[Path]:
    """The files of the releases that are kept, the latest at the end."""
    found = (Path(settings.BASE_DIR) / RELEASED).glob("*.json")
    return sorted(found, key=lambda path: [int(part) for part in path.stem.split(".")])
