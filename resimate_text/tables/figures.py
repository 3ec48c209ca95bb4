"""Numbers of a table: which mark stands before a fraction is shown by the table, or it is asked; never guessed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from resimate_text.numbers import Ambiguous, NotANumber, Separator, read
from resimate_text.sentences import Sentence
from resimate_text.tables.flaws import Flaw, Note
from resimate_text.tables.records import Figure

#: What programs write beside each separator of cells; spreadsheets of English and of continental Europe do so too.
USUAL: Final[Mapping[str, Separator]] = {",": ".", ";": ","}
LARGEST_WHOLE: Final = 10**15
#: As programs write numbers beside commas.
PLAIN: Final = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]+)?")
#: One mark before a fraction that cannot be a group of thousands.
CERTAIN: Final = re.compile(r"[+-]?(?:[0-9]+([.,])(?:[0-9]{1,2}|[0-9]{4,})|0[0-9]*([.,])[0-9]+)")


@dataclass(slots=True)
class Figures:
    """Reads the cells of columns; what a column itself had to settle is noted once for the column."""

    marks: Mapping[str, Separator | None]
    shown_by: Mapping[str, str] = field(default_factory=dict)
    is_told: bool = False
    beside_commas: bool = False
    understood: dict[str, tuple[str, int | float]] = field(default_factory=dict)

    def read(self, column: str, text: str) -> int | float:
        """Return the number in a cell. Raises ``NotANumber``, or ``Ambiguous`` when nothing shows which it is."""
        if isinstance(text, Figure):
            return _bounded(read(text, decimal=".", exponent=True))
        mark = self.marks.get(column)
        as_usual = self.beside_commas and mark == "."
        if as_usual and PLAIN.fullmatch(text):
            return float(text) if "." in text or text == "-0" else int(text)
        try:
            value = _bounded(read(text, decimal=mark, exponent=True))
        except Ambiguous as error:
            if mark is None or not (self.is_told or column in self.shown_by):
                raise
            value = error.thousands
            self.understood.setdefault(column, (text, value))
        else:
            if column in self.shown_by and not as_usual and _is_either(text):
                self.understood.setdefault(column, (text, value))
        return value

    def notes(self) -> list[Note]:
        """Return what was read as it is because other cells show how numbers are written."""
        if self.is_told:
            return []
        return [
            {
                "code": "number_understood",
                "detail": Sentence(
                    "column {column}: “{text}” is read as {value}, as “{other}” shows",
                    column=column,
                    text=text,
                    value=value,
                    other=self.shown_by[column],
                ),
            }
            for column, (text, value) in self.understood.items()
        ]


def figures_of(columns: Mapping[str, Sequence[str]], *, separator: str, decimal: Separator | None = None) -> Figures:
    """Look through columns for cells that can be read in one way alone; ``decimal`` is what a person said.

    A column without such a cell is read as the others of the table are, or as is usual beside ``separator``.
    """
    if decimal is not None:
        return Figures(dict.fromkeys(columns, decimal), is_told=True)
    marks_by_column = {name: _shown(cells) for name, cells in columns.items()}
    everywhere = {mark: text for marks in marks_by_column.values() for mark, text in marks.items()}
    usual = USUAL.get(separator)
    marks: dict[str, Separator | None] = {}
    shown_by: dict[str, str] = {}
    for name, own in marks_by_column.items():
        evidence = own or ({} if separator == "," else everywhere)
        first = next(iter(evidence), None)
        marks[name] = first if len(evidence) == 1 else usual or first
        if first and len(evidence) == 1:
            shown_by[name] = evidence[first]
    return Figures(marks, shown_by, beside_commas=separator == ",")


def _shown(cells: Iterable[str]) -> dict[Separator, str]:
    """The marks that some cells can only be read by, each with such a cell."""
    found: dict[Separator, str] = {}
    for text in cells:
        if isinstance(text, Figure) or not ("." in text or "," in text):
            continue
        if mark := _only_mark(text):
            found.setdefault(mark, text)
        if len(found) > 1:
            break
    return found


def _only_mark(text: str) -> Separator | None:
    if certain := CERTAIN.fullmatch(text):
        return "." if "." in (certain[1], certain[2]) else ","
    point, comma = _is_readable(text, "."), _is_readable(text, ",")
    if point == comma:
        return None
    return "." if point else ","


def _is_readable(text: str, mark: Separator) -> bool:
    try:
        read(text, decimal=mark)
    except Ambiguous:
        return True
    except NotANumber:
        return False
    return True


def _is_either(text: str) -> bool:
    try:
        read(text, decimal=None, exponent=True)
    except Ambiguous:
        return True
    except NotANumber:
        return False
    return False


def _bounded(value: int | float) -> int | float:
    return value if isinstance(value, float) or abs(value) < LARGEST_WHOLE else float(value)


def wrong_figure(line: int, column: str, text: str, error: NotANumber) -> Flaw:
    """Return what to say of a cell that is no number, or may be two."""
    if isinstance(error, Ambiguous):
        detail = Sentence(
            "“{text}” can mean {thousands} or {fraction}: choose the decimal mark of the file",
            text=text,
            thousands=error.thousands,
            fraction=error.fraction,
        )
        return Flaw(line, column, "ambiguous_number", detail)
    return Flaw(line, column, "not_a_number", Sentence("{text!r} is not a number", text=text[:40]))
