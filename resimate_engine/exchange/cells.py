"""One value in one cell, without loss: what a spreadsheet would change goes as JSON text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from resimate_engine.problems import Invalid

Cell = str | int | float | bool
LONGEST: Final = 32_767
#: Keys whose value is a text in several languages; each language has a column of its own.
TEXTS: Final = frozenset({"name", "description", "text", "help"})
NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
WORDS: Final = frozenset({"true", "false", "null"})
#: Characters that XML cannot hold or changes, and what the format takes for an escape (``_xHHHH_``).
UNSAFE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]|_x|x005F")


class FileInvalid(Invalid):
    """A file that cannot be read as what it should be; pointers name sheet, row and column."""


class CellTooLong(ValueError):
    """A value that no cell of a spreadsheet can hold."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a sheet or a file by its number there, and its cells that are not empty, by column."""

    number: int
    cells: Mapping[str, Cell]


def encode(value: Any) -> Cell:
    """Return the cell that ``decode`` makes ``value`` of again.

    >>> encode("min_max"), encode({"low": 0, "method": "goalposts"}), encode("5"), encode(2.0), encode(0.5)
    ('min_max', '{"low": 0, "method": "goalposts"}', '"5"', '2.0', 0.5)
    """
    if isinstance(value, bool) or (isinstance(value, int | float) and _survives(value)):
        cell: Cell = value
    elif isinstance(value, str) and value.strip() and not UNSAFE.search(value) and _same(decode(value), value):
        cell = value
    else:
        cell = _as_json(value)
    if isinstance(cell, str) and len(cell) > LONGEST:
        raise CellTooLong(cell[:60])
    return cell


def decode(cell: Cell) -> Any:
    """Return the value of a cell: JSON where the text is JSON, else the text.

    >>> decode("[1, 2]"), decode("[Draft]"), decode("2.0"), decode("min_max"), decode(True)
    ([1, 2], '[Draft]', 2.0, 'min_max', True)
    """
    if not isinstance(cell, str) or not (cell[:1] in '{["' or NUMBER.fullmatch(cell) or cell in WORDS):
        return cell
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    return cell if isinstance(value, float) and not math.isfinite(value) else value


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Cell]:
    """Return a cell for each key, and one for each language of a text.

    >>> flatten({"code": "a", "name": {"en": "A", "de": "Ä"}, "weight": 2})
    {'code': 'a', 'name:en': 'A', 'name:de': 'Ä', 'weight': 2}
    """
    cells: dict[str, Cell] = {}
    for key, value in values.items():
        if key in TEXTS and isinstance(value, dict) and value:
            cells |= {f"{prefix}{key}:{language}": encode(text) for language, text in value.items()}
        else:
            cells[prefix + key] = encode(value)
    return cells


def unflatten(cells: Mapping[str, Cell]) -> dict[str, Any]:
    """Return the values that ``flatten`` made cells of; a number under a language is a text."""
    values: dict[str, Any] = {}
    for column, cell in cells.items():
        key, _, language = column.partition(":")
        if not language:
            values[key] = decode(cell)
            continue
        texts = values.setdefault(key, {})
        if isinstance(texts, dict):
            value = decode(cell)
            texts[language] = value if isinstance(value, str) else str(cell)
    return values


def _as_json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)
    if UNSAFE.search(text):
        text = json.dumps(value, allow_nan=False, sort_keys=True)
    return text.replace("_x", "\\u005fx").replace("x005F", "\\u0078005F")


def _survives(value: float) -> bool:
    """Whether a spreadsheet, which writes sixteen digits, gives back the same number of the same type."""
    text = f"{value:.16G}"
    try:
        return _same(float(text) if "." in text or "E" in text else int(text), value)
    except ValueError:
        return False


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other) and repr(one) == repr(other)
