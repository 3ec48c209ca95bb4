"""The first sheet of a workbook as a table, and what of it is read otherwise than a person sees it.

That is what is hidden or merged, numbers that are shown in per cent, and other sheets.
"""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

from resimate_text.numbers import exact
from resimate_text.problems import MOST_PROBLEMS, some
from resimate_text.sentences import Sentence
from resimate_text.tables.flaws import Flaw, Note
from resimate_text.tables.records import Figure, Record, fit
from resimate_text.tables.workbook import Cells, Sheet, Value, letters, opened

FIRST: Final = re.compile("[A-Z]+[0-9]+")


def first_sheet(content: bytes, flaws: list[Flaw], notes: list[Note], unread: Set[int]) -> Iterator[Record]:
    """Yield the rows of the first sheet that has any, as texts; of hidden sheets only where no other has.

    What is wrong with a row goes to ``flaws``, except in columns that are ``unread`` by then; what a person does not
    see as it is read, to ``notes``.
    """
    sheets = sorted(opened(content), key=lambda sheet: sheet.is_hidden)
    for number, sheet in enumerate(sheets):
        seen = Seen(sheet)
        for row in seen.watched():
            wrong = {column: said for column, said in row.wrong.items() if column not in unread}
            if wrong and len(flaws) < MOST_PROBLEMS:
                flaws += [Flaw(row.number, letters(column), *said) for column, said in wrong.items()]
            elif record := fit(row.number, _texts(row.values), flaws):
                yield record
        if seen.last:
            notes += seen.notes(sheets[number + 1 :])
            return


def _texts(values: Mapping[int, Value]) -> list[str]:
    return [_text(values.get(place, "")) for place in range(max(values, default=-1) + 1)]


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else Figure(exact(value))


@dataclass(slots=True)
class Seen:
    """Watches the rows of a sheet that are read, and says what about them is to be looked at."""

    sheet: Sheet
    last: int = 0
    hidden: list[int] = field(default_factory=list)
    places: set[int] = field(default_factory=set)
    shares: dict[int, tuple[int, float]] = field(default_factory=dict)

    def watched(self) -> Iterator[Cells]:
        """The rows of the sheet; afterwards there are notes on them."""
        for row in self.sheet.rows:
            self._take(row)
            yield row

    def _take(self, row: Cells) -> None:
        self.last = row.number
        self.places.update(row.values)
        if row.number in self.sheet.layout.rows:
            self.hidden.append(row.number)
        for place in row.shares:
            value = row.values[place]
            if place not in self.shares and isinstance(value, int | float):
                self.shares[place] = (row.number, value)

    def notes(self, others: Sequence[Sheet]) -> list[Note]:
        said = (*self._of_sheets(others), *self._of_hidden(), *self._of_merged(), *self._of_shares())
        return [{"code": code, "detail": detail} for code, detail in said]

    def _of_sheets(self, others: Sequence[Sheet]) -> Iterator[tuple[str, Sentence]]:
        left = [sheet.title for sheet in others if not sheet.is_hidden and next(sheet.rows, None)]
        if self.sheet.is_hidden:
            yield "sheet_hidden", Sentence("the hidden sheet {title!r} was read", title=self.sheet.title)
        if left:
            detail = Sentence(
                "sheet {title!r} was read, and these were not: {others}",
                title=self.sheet.title,
                others=some(map(repr, left)),
            )
            yield "sheet_not_read", detail

    def _of_hidden(self) -> Iterator[tuple[str, Sentence]]:
        columns = [
            column
            for column in sorted(self.places)
            if any(column + 1 in hidden_range for hidden_range in self.sheet.layout.columns)
        ]
        if self.hidden:
            yield (
                "hidden_read",
                Sentence("hidden rows were read like the others: {rows}", rows=some(map(str, self.hidden))),
            )
        if columns:
            named = some(map(letters, columns))
            yield "hidden_read", Sentence("hidden columns were read like the others: {columns}", columns=named)

    def _of_merged(self) -> Iterator[tuple[str, Sentence]]:
        merged = [one for one in self.sheet.layout.merged if FIRST.match(one)]
        if merged:
            said = Sentence(
                "cells {cells} are merged: what they hold was read for the first cell only", cells=some(merged)
            )
            yield "merged_cells", said

    def _of_shares(self) -> Iterator[tuple[str, Sentence]]:
        for column_number, (row, value) in self.shares.items():
            detail = Sentence(
                "column {column}: numbers are shown in per cent; that of row {row} was read as {value}",
                column=letters(column_number),
                row=row,
                value=exact(value),
            )
            yield "per_cent", detail
