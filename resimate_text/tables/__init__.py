"""Tables that people bring, from files and from what they paste: one way to read them for the whole product.

Plain Python without a framework. A guess is either proved by the table itself, or said in ``notes``, or refused.
"""

from resimate_text.tables.decoding import Decoded, decode
from resimate_text.tables.figures import Figures, figures_of, wrong_figure
from resimate_text.tables.flaws import Flaw, Note, TableInvalid
from resimate_text.tables.formulas import guarded, unguarded
from resimate_text.tables.headed import Headed, Row, headed, past_title
from resimate_text.tables.headings import Columns, key_of
from resimate_text.tables.reading import Table, open_table
from resimate_text.tables.records import Figure, Record
from resimate_text.tables.writing import as_text, lines, written

__all__ = [
    "Columns",
    "Decoded",
    "Figure",
    "Figures",
    "Flaw",
    "Headed",
    "Note",
    "Record",
    "Row",
    "Table",
    "TableInvalid",
    "as_text",
    "decode",
    "figures_of",
    "guarded",
    "headed",
    "key_of",
    "lines",
    "open_table",
    "past_title",
    "unguarded",
    "written",
    "wrong_figure",
]
