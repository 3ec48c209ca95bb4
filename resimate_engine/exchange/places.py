"""Where in a file a value of the document came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from resimate_engine.exchange.cells import TEXTS
from resimate_engine.problems import Problem
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Place:
    """A row, and what its columns' names begin with."""

    sheet: str
    row: int
    prefix: str = ""
    column: str = ""


class Places:
    """The rows by the JSON pointer of what they became; problems of the document become problems of cells.

    A pointer into a workbook is ``/sheets/<sheet>/<row>/<column>``, into a text file ``/lines/<line>/<column>``.
    """

    def __init__(self, renamed: dict[str, str] | None = None) -> None:
        self.places: dict[str, Place] = {}
        self.renamed = renamed or {}

    def put(self, at: str, sheet: str, row: int, *, prefix: str = "", column: str = "") -> None:
        self.places[at] = Place(sheet, row, prefix, column)

    def located(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        yield from (self._located(problem) for problem in problems)

    def _located(self, problem: Problem) -> Problem:
        at, rest = problem.pointer, ""
        while at not in self.places and at:
            at, _, last = at.rpartition("/")
            rest = f"/{last}{rest}"
        place = self.places.get(at)
        if place is None:
            return problem
        column = place.column or self._column(place.prefix, rest)
        return cell_problem(place.sheet, place.row, column, problem.code, problem.detail)

    def _column(self, prefix: str, rest: str) -> str:
        steps = [step.replace("~1", "/").replace("~0", "~") for step in rest.split("/")[1:]]
        if not steps:
            return ""
        column = prefix + steps[0]
        if len(steps) > 1 and steps[0] == "indicator":
            column += f".{steps[1]}"
        elif len(steps) > 1 and steps[0] in TEXTS:
            column += f":{steps[1]}"
        return self.renamed.get(column, column)


def cell_problem(sheet: str, row: int, column: str, code: str, detail: str) -> Problem:
    """Return a problem of a cell, a row (no column) or a sheet (no row); text files are no sheet."""
    steps = [*(("sheets", sheet) if sheet else ("lines",)), *([row] if row else []), *([column] if column else [])]
    place = _in_words(sheet, row, column)
    said = Sentence("{place}: {detail}", place=place, detail=detail) if place else detail
    return Problem(pointer(*steps), code, said)


def _in_words(sheet: str, row: int, column: str) -> str:
    place = sheet
    if row:
        place = Sentence("{sheet}, row {row}", sheet=sheet, row=row) if sheet else Sentence("line {line}", line=row)
    if column:
        place = Sentence("{place}, column {column}", place=place, column=column)
    return place
