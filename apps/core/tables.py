"""Tables that people bring, as the rows below their headings; what is wrong is refused with a pointer to its line."""

from collections.abc import Sequence

from apps.core.errors import Invalid, Problem
from resimate_text.tables import Columns, Note, Row, TableInvalid, headed, open_table


def rows_of(
    source: str | bytes, columns: Columns, *, at: str = "/csv", needed: Sequence[str] = ()
) -> tuple[list[Row], list[Note]]:
    """The rows of a CSV file or of a workbook's first sheet, without empty cells, and what of it is not read."""
    try:
        table = open_table(source, hits=columns.hits)
        rows = [*headed(table, columns, needed=needed).rows]
        table.refuse()
    except TableInvalid as error:
        problems = [Problem(f"{at}/{one.line}" if one.line else at, one.detail, one.code) for one in error.flaws]
        raise Invalid("The file cannot be read.", errors=problems) from None
    return rows, table.notes
