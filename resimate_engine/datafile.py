"""Units from a CSV file or a workbook.

One row is a unit (``id,group,<input>…``) or, in the long form, an answer (``id,rater,group,question,value``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from resimate_engine.problems import Invalid, Problem
from resimate_text.identity import folded
from resimate_text.numbers import Ambiguous, NotANumber, Separator
from resimate_text.problems import MOST_PROBLEMS, some
from resimate_text.sentences import Sentence
from resimate_text.tables import (
    Columns,
    Figures,
    Flaw,
    Headed,
    Note,
    Row,
    Table,
    TableInvalid,
    figures_of,
    headed,
    open_table,
    past_title,
    wrong_figure,
)

UNITS: Final = Columns(
    {"id": ("code", "subject", "unit", "Einheit", "Objekt", "unité", "sujet", "objet"), "group": ("Gruppe", "groupe")}
)
ANSWERS: Final = Columns(
    {
        **UNITS.names,
        "rater": ("Person", "répondant"),
        "question": ("Frage",),
        "value": ("answer", "Wert", "Antwort", "valeur", "réponse"),
    }
)
LONG: Final = ("id", "question", "value")
WORDS: Final = {"true": True, "false": False}
STATES: Final = ("dont_know", "not_applicable")
#: The note on units that nothing is known of.
NO_VALUES: Final = "no_values"
#: What is wrong with a cell of a workbook whatever column it stands in.
OF_CELLS: Final = frozenset({"formula", "bad_cell"})
#: Codes of problems that had a name of their own before tables had a reader of their own.
RENAMED: Final = {"missing_column": "no_header"}

Unit: TypeAlias = dict[str, Any]


class DataFileInvalid(Invalid):
    """A data file that cannot be read; every pointer is ``/lines/<number>``, counted from 1."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__([_problem(flaw) for flaw in flaws])


@dataclass(frozen=True, slots=True)
class DataFile:
    """Units as ``engine.score`` takes them in the order of the file, the first line of each, and what was assumed."""

    units: list[Unit]
    lines: dict[str, int]
    notes: list[Note]


def read_units(source: str | bytes, decimal: Separator | None = None) -> list[Unit]:
    """Return the units of a file; see ``read_file``."""
    return read_file(source, decimal).units


def read_file(source: str | bytes, decimal: Separator | None = None) -> DataFile:
    """Return the units of a file; ``decimal`` says which mark stands before a fraction, if a person said so.

    Empty cells are left out; cells may also say ``dont_know`` or ``not_applicable``. Raises ``DataFileInvalid``.
    """
    try:
        table = open_table(source, hits=ANSWERS.hits)
        table_rows, is_long = _headed(table)
        rows = list(table_rows.rows)
    except TableInvalid as error:
        raise DataFileInvalid(error.flaws) from None
    table.flaws += [_without_id(row) for row in rows if "id" not in row.cells]
    rows = [row for row in rows if "id" in row.cells]
    names = ["value"] if is_long else [name for name in table_rows.columns if name not in UNITS.names]
    figures = figures_of(_columns(rows, names), separator=table.separator, decimal=decimal)
    texts = [] if is_long else _without_numbers(rows, names, figures)
    table.flaws += texts
    units = _long(rows, figures, table.flaws) if is_long else _wide(rows, figures, table.flaws, texts)
    if table.flaws:
        raise DataFileInvalid(sorted(table.flaws, key=lambda flaw: flaw.line))
    if not rows:
        raise DataFileInvalid([Flaw(0, "", "no_rows", Sentence("there is no row below the headings"))])
    lines: dict[str, int] = {}
    for row in rows:
        lines.setdefault(row.cells["id"], row.line)
    return DataFile(units, lines, [*table.notes, *figures.notes(), *_without_values(rows, names)])


def _headed(table: Table) -> tuple[Headed, bool]:
    """The rows by column, and whether they are answers: then every column is one of theirs."""
    past_title(table, UNITS)
    first = table.first()
    named = ANSWERS.places(first.cells) if first else {}
    if (
        first
        and set(LONG) <= set(named)
        and sum(map(len, named.values())) == len([cell for cell in first.cells if cell])
    ):
        return headed(table, ANSWERS, needed=LONG), True
    return headed(table, UNITS, needed=("id",), others=True), False


def _columns(rows: Sequence[Row], names: Sequence[str]) -> dict[str, list[str]]:
    return {name: [row.cells[name] for row in rows if name in row.cells] for name in names}


def _without_id(row: Row) -> Flaw:
    return Flaw(row.line, "id", "no_id", Sentence("the id is empty"))


def _without_values(rows: Sequence[Row], names: Sequence[str]) -> list[Note]:
    """What stands below a table, such as whose it is, looks like a unit that nothing is known of: that is told."""
    empty = [row for row in rows if row.cells.keys().isdisjoint(names)]
    if not empty:
        return []
    said = some(f"{row.cells['id'][:40]} ({row.line})" for row in empty)
    return [{"code": NO_VALUES, "detail": Sentence("units without any value (and their lines): {units}", units=said)}]


def _without_numbers(rows: Sequence[Row], names: Sequence[str], figures: Figures) -> list[Flaw]:
    """Columns of which no cell is a number, such as one of names: that is told once, rather than of every line."""
    found = []
    for name in names:
        lines = (row.line for row in rows if name in row.cells)
        first, second = next(lines, 0), next(lines, 0)
        if second and not any(_is_figure(figures, name, row.cells[name]) for row in rows if name in row.cells):
            detail = Sentence("no cell of the column {name} is a number: leave out what is no input", name=name)
            found.append(Flaw(first, name, "not_a_number", detail))
    return found


def _is_figure(figures: Figures, name: str, cell: str) -> bool:
    try:
        figures.read(name, cell)
    except Ambiguous:
        return True
    except NotANumber:
        return cell in STATES
    return True


def _wide(rows: Sequence[Row], figures: Figures, flaws: list[Flaw], texts: Sequence[Flaw]) -> list[Unit]:
    """``texts``: of these columns all is said."""
    passed_over = {*UNITS.names, *(flaw.column for flaw in texts)}
    units: dict[str, Unit] = {}
    for row in rows:
        code = row.cells["id"]
        if folded(code) in units:
            detail = Sentence("unit {code} appears in an earlier line", code=code)
            flaws.append(Flaw(row.line, "id", "duplicate_id", detail))
        values = {
            name: _measured(row.line, name, cell, figures, flaws)
            for name, cell in row.cells.items()
            if name not in passed_over
        }
        unit: Unit = {"id": code, "values": values}
        units[folded(code)] = {**unit, "group": row.cells["group"]} if "group" in row.cells else unit
        if len(flaws) > MOST_PROBLEMS:
            break
    return list(units.values())


def _measured(line: int, name: str, cell: str, figures: Figures, flaws: list[Flaw]) -> float | str | None:
    if cell in STATES:
        return cell
    try:
        return figures.read(name, cell)
    except NotANumber as error:
        flaw = wrong_figure(line, name, cell, error)
        detail = Sentence("{name}: {detail}", name=name, detail=flaw.detail)
        flaws.append(Flaw(line, name, flaw.code, detail))
    return None


def _long(rows: Sequence[Row], figures: Figures, flaws: list[Flaw]) -> list[Unit]:
    units: dict[str, Unit] = {}
    responses: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        cells = row.cells
        key = (folded(cells["id"]), folded(cells.get("rater", "")))
        unit = units.setdefault(key[0], {"id": cells["id"], "responses": []})
        if key not in responses:
            responses[key] = _response(row)
            unit["responses"].append(responses[key])
        _put_in_group(responses[key], row, flaws)
        answers, question = responses[key]["answers"], cells.get("question", "")
        if question in answers:
            detail = Sentence("{question} is already answered in an earlier line", question=question)
            flaws.append(Flaw(row.line, "question", "duplicate_answer", detail))
        if "value" in cells:
            answers[question] = _answer(row, figures, flaws)
    return list(units.values())


def _response(row: Row) -> dict[str, Any]:
    response: dict[str, Any] = {key: row.cells[key] for key in ("rater", "group") if key in row.cells}
    return {**response, "answers": {}}


def _put_in_group(response: dict[str, Any], row: Row, flaws: list[Flaw]) -> None:
    """A rater of a unit is in one group, which one of the lines says, or several alike."""
    if "group" in row.cells and folded(response.setdefault("group", row.cells["group"])) != folded(row.cells["group"]):
        detail = Sentence("the rater is in group {group!r} in an earlier line", group=response["group"])
        flaws.append(Flaw(row.line, "group", "other_group", detail))


def _answer(row: Row, figures: Figures, flaws: list[Flaw]) -> Any:
    """Read a cell: a number, true or false, a JSON list of options, else text."""
    cell = row.cells["value"]
    try:
        return figures.read("value", cell)
    except Ambiguous as error:
        flaws.append(wrong_figure(row.line, "value", cell, error))
        return None
    except NotANumber:
        return _list(cell) if cell.startswith("[") else WORDS.get(cell.lower(), cell)


def _list(cell: str) -> Any:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return cell


def _problem(flaw: Flaw) -> Problem:
    said = Sentence("the first line must name the columns, including id")
    detail = said if flaw.code == "missing_column" else flaw.detail
    if flaw.code in OF_CELLS:
        detail = Sentence("column {column}: {detail}", column=flaw.column, detail=detail)
    detail = Sentence("line {line}: {detail}", line=flaw.line, detail=detail) if flaw.line else detail
    pointer = f"/lines/{flaw.line}" if flaw.line else "/lines"
    return Problem(pointer, RENAMED.get(flaw.code, flaw.code), detail)
