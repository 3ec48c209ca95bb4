"""A kind of files, and what tests keep as one."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apps.files import services
from apps.files.contents import PLAIN
from apps.files.kinds import Kind
from apps.files.models import StoredFile

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
NOTE = Kind("note", "Notes of a test.", frozenset({PLAIN}), most_mb=4)
TEXT = b"The dike held, said Bo Sanders. " * 80_000  # between two and three frames


def kept(content: bytes = TEXT, name: str = "dike.txt", kind: Kind = NOTE, **more: Any) -> StoredFile:
    return services.keep(kind, io.BytesIO(content), name=name, now=NOW, **more)


def content_of(file: StoredFile, start: int = 0) -> bytes:
    return b"".join(services.read(file, start))


def objects(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.is_file())
