"""Codes as other programs spell them: with dots, in capitals; each is recognised, and what it became is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from resimate_engine.exchange.cells import Cell, FileInvalid, Row
from resimate_engine.exchange.places import cell_problem
from resimate_text.identity import folded
from resimate_text.sentences import Sentence

#: The columns of iMeta that hold codes.
CODES = ("iCode", "Parent", "Denominator")
SHOWN = 3


def code_of(text: str) -> str:
    """Return the code that a code of other programs becomes here, where a dot stands between an object and its part.

    >>> code_of("SI.POV.01"), code_of("GDP")
    ('SI_POV_01', 'GDP')
    """
    return text.replace(".", "_")


def undotted(rows: Sequence[Row]) -> tuple[list[Row], dict[str, str]]:
    """Return iMeta's rows with codes that can be codes here, and which of them are spelt otherwise in the file.

    An indicator without a name keeps its code as its name. Raises ``FileInvalid`` when two codes become one.
    """
    spelt: dict[str, str] = {}
    taken: dict[str, str] = {}
    problems = []
    for row in rows:
        code = str(row.cells.get("iCode", ""))
        if taken.setdefault(code_of(code), code) != code:
            detail = Sentence("{code!r} would be the same as {other!r}", code=code, other=taken[code_of(code)])
            problems.append(cell_problem("", row.number, "iCode", "duplicate_code", detail))
        if code_of(code) != code:
            spelt[code] = code_of(code)
    if problems:
        raise FileInvalid(problems)
    return [Row(row.number, _spelt(row.cells, spelt)) for row in rows] if spelt else list(rows), spelt


def _spelt(cells: Mapping[str, Cell], spelt: Mapping[str, str]) -> dict[str, Cell]:
    changed = {name: spelt.get(str(cells[name]), cells[name]) for name in CODES if name in cells}
    named = {"iName": cells["iCode"]} if cells.get("iCode") in spelt else {}
    return {**named, **cells, **changed}


def matched(headings: Iterable[str], inputs: Sequence[str]) -> dict[str, str]:
    """Return the input that each heading means: of its very name, else the only one of the same normal form.

    Raises ``FileInvalid`` when two columns mean one input.
    """
    forms: dict[str, list[str]] = {}
    for name in inputs:
        forms.setdefault(folded(name), []).append(name)
    very = set(inputs)
    by_input: dict[str, str] = {}
    problems = []
    for heading in headings:
        candidates = [heading] if heading in very else forms.get(folded(code_of(heading)), [])
        if len(candidates) != 1:
            continue
        [name] = candidates
        if by_input.setdefault(name, heading) != heading:
            detail = Sentence(
                "the columns {one} and {other} both stand for the input {name}",
                one=by_input[name],
                other=heading,
                name=name,
            )
            problems.append(cell_problem("", 1, heading, "bad_header", detail))
    if problems:
        raise FileInvalid(problems)
    return {heading: name for name, heading in by_input.items()}


def spelt_otherwise(spelt: Mapping[str, str]) -> Sentence:
    """Say how codes of a file are written here."""
    pairs = ", ".join(f"{name} → {code}" for name, code in list(spelt.items())[:SHOWN])
    return Sentence(
        "codes of the file are written differently here: {pairs} ({count} in all)", pairs=pairs, count=len(spelt)
    )


def columns_of(rows: Iterable[Row], names: Iterable[str]) -> dict[str, list[str]]:
    """Return the texts of some columns."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for row in rows:
        for name in found.keys() & row.cells.keys():
            cell = row.cells[name]
            found[name].append(cell if isinstance(cell, str) else str(cell))
    return found
