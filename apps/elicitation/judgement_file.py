"""Judgements from a CSV file: a line for each part's points, or for each comparison.

Budgets have the columns ``email, node, part, points``; pairs have ``email, node, more, less, strength``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from apps.core.errors import Invalid, Problem
from apps.elicitation import judgement_values
from resimate_text.addresses import mailbox
from resimate_text.identity import folded
from resimate_text.sentences import Sentence
from resimate_text.tables import Columns, Flaw, Note, Row, TableInvalid, headed, open_table

COLUMNS: Final[Mapping[bool, tuple[str, ...]]] = {
    True: ("email", "node", "more", "less", "strength"),
    False: ("email", "node", "part", "points"),
}
#: What headings may say instead.
HEADINGS: Final = Columns(
    {
        "email": ("e-mail address", "mail", "E-Mail-Adresse", "courriel", "adresse e-mail"),
        "node": ("Knoten", "noeud", "nœud"),
        "part": ("Teil", "partie"),
        "points": ("Punkte",),
        "more": ("mehr", "plus"),
        "less": ("weniger", "moins"),
        "strength": ("Stärke", "intensité"),
    }
)
MOST_LINES: Final = 50_000


@dataclass(slots=True)
class Read:
    """One expert's judgement of one node, and the lines that it was read from."""

    email: str
    node: str
    line: int
    value: dict[str, Any]
    lines: dict[str, int] = field(default_factory=dict)

    def place_of(self, pointer: str) -> str:
        """A pointer into the judgement as one into the file: ``/csv/<line>/<column>``."""
        _, kind, *rest = pointer.split("/")
        if not rest:
            return f"/csv/{self.line}/{'points' if kind == 'points' else 'more'}"
        column = rest[1] if len(rest) > 1 else "part" if kind == "points" else "more"
        key = rest[0].replace("~1", "/").replace("~0", "~")
        return f"/csv/{self.lines.get(key, self.line)}/{column}"


def columns(method: str) -> tuple[str, ...]:
    return COLUMNS[method == judgement_values.AHP]


def read(method: str, text: str, codes: Iterable[str] = ()) -> tuple[list[Read], list[Note]]:
    """Group a file's lines by expert and node, and say what of it is not read.

    ``codes`` are those of nodes and parts: they are recognised however they are spelt. Raises ``Invalid`` with a
    pointer for each cell that cannot be read.
    """
    wanted = columns(method)
    spelt = _spellings(codes)
    problems: list[Problem] = []
    judgements: dict[tuple[str, str], Read] = {}
    lines, notes = _lines(text, wanted)
    for line in lines:
        wrong = _wrong(line, wanted)
        if wrong:
            problems.append(wrong)
            continue
        cells = {name: spelt.get(folded(cell), cell) for name, cell in line.cells.items()} | {
            name: line.cells[name] for name in ("email", wanted[-1])
        }
        key = (mailbox(cells["email"]), cells["node"])
        judgement = judgements.setdefault(
            key, Read(cells["email"], cells["node"], line.line, judgement_values.empty(method))
        )
        problems += (_add_comparison if method == judgement_values.AHP else _add_points)(
            judgement, Row(line.line, cells)
        )
    if problems:
        raise Invalid("Some lines of the file cannot be read.", errors=problems)
    return list(judgements.values()), notes


def _spellings(codes: Iterable[str]) -> dict[str, str]:
    """Each code by its normal form; codes that share one are known by their very spelling alone."""
    by_form: dict[str, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_form.setdefault(folded(code), []).append(code)
    return {form: same[0] for form, same in by_form.items() if len(same) == 1}


def _lines(text: str, wanted: tuple[str, ...]) -> tuple[list[Row], list[Note]]:
    try:
        table = open_table(text, hits=HEADINGS.hits)
        rows = list(islice(headed(table, HEADINGS.only(wanted), needed=wanted).rows, MOST_LINES + 1))
        table.refuse()
    except TableInvalid as error:
        detail = Sentence("The first line must name the columns {columns}.", columns=", ".join(wanted))
        missing = any(flaw.code == "missing_column" for flaw in error.flaws)
        summary = detail if missing else "The file cannot be read."
        raise Invalid(summary, errors=[_problem(flaw) for flaw in error.flaws]) from None
    if len(rows) > MOST_LINES:
        problem = Problem("/csv", Sentence("is too long"), "too_long")
        raise Invalid(Sentence("A file can have at most {most:,} lines.", most=MOST_LINES), errors=[problem])
    if not rows:
        raise Invalid("The file has no line below its head.", errors=[Problem("/csv", Sentence("is empty"), "empty")])
    return rows, table.notes


def _problem(flaw: Flaw) -> Problem:
    return Problem(f"/csv/{flaw.line}" if flaw.line else "/csv", flaw.detail, flaw.code)


def _at(line: Row, column: str) -> str:
    return f"/csv/{line.line}/{column}"


def _wrong(line: Row, wanted: tuple[str, ...]) -> Problem | None:
    for column in wanted:
        if column not in line.cells:
            return Problem(_at(line, column), Sentence("is empty"), "required")
    number, text = wanted[-1], line.cells[wanted[-1]]
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        return Problem(_at(line, number), Sentence("{text!r} is not a whole number", text=text[:20]), "not_a_number")
    return None


def _add_points(one: Read, line: Row) -> list[Problem]:
    part = line.cells["part"]
    if part in one.value["points"]:
        detail = Sentence("{part!r} has points already, in line {line}", part=part, line=one.lines[part])
        return [Problem(_at(line, "part"), detail, "duplicate")]
    one.value["points"][part] = int(line.cells["points"])
    one.lines[part] = line.line
    return []


def _add_comparison(one: Read, line: Row) -> list[Problem]:
    one.lines[str(len(one.value["comparisons"]))] = line.line
    comparison = {"more": line.cells["more"], "less": line.cells["less"], "strength": int(line.cells["strength"])}
    one.value["comparisons"].append(comparison)
    return []
