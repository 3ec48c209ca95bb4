"""Model documents to begin with."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name: str) -> dict[str, Any]:
    """The starter's model document; raises ``KeyError`` for a name that is none of :func:`names`."""
    if name not in names():
        raise KeyError(name)
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return document
