"""What others build on: the API, its errors' codes and what events carry, as they are and as they were released."""

import json
import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings

import apps
from apps.core import event_types
from apps.core.api import schema
from apps.core.errors import CATALOGUE, CatalogueEntry

RELEASED = Path("docs/contracts/released")


def version() -> str:
    return str(settings.SPECTACULAR_SETTINGS["VERSION"])


def openapi() -> dict[str, Any]:
    return dict(json.loads(schema.document()))


def events() -> dict[str, Any]:
    return event_types.catalogue(version())


def errors() -> list[CatalogueEntry]:
    """Every error that the API may answer with. A refusal is entered where it is defined, so all modules are read."""
    read_all_modules()
    return sorted(CATALOGUE.values(), key=lambda entry: entry.code)


def read_all_modules() -> None:
    """Have everything declared that a module declares when it is read."""
    for module in pkgutil.walk_packages(apps.__path__, "apps."):
        if not {"tests", "migrations"} & set(module.name.split(".")):
            import_module(module.name)


def present() -> dict[str, Any]:
    return {"openapi": openapi(), "errors": {entry.code: entry.status for entry in errors()}, "events": events()}


def releases() -> list[Path]:
    """The files of the releases that are kept, the latest at the end."""
    found = (Path(settings.BASE_DIR) / RELEASED).glob("*.json")
    return sorted(found, key=lambda path: [int(part) for part in path.stem.split(".")])
