"""Texts that a spreadsheet would run, made plain on the way out and as they were on the way in."""

import re
from typing import Final

#: What a spreadsheet takes for the beginning of a formula, also in the wide forms of East Asian keyboards.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
#: Blanks and invisible characters that some programs strip before they look at the first character.
BEFORE: Final = " \xa0\u3000\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\0"
NUMBER: Final = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)


def guarded(text: str) -> str:
    """Return the text with an apostrophe before it when a spreadsheet would take it for a formula.

    >>> guarded("=1+1"), guarded("  @SUM(A1)"), guarded("-5"), guarded("it's")
    ("'=1+1", "'  @SUM(A1)", '-5', "it's")
    """
    return f"'{text}" if is_formula(text.lstrip("'")) else text


def unguarded(text: str) -> str:
    """Return the text that ``guarded`` put an apostrophe before.

    >>> unguarded("'=1+1"), unguarded("'-5 to 5"), unguarded("it's"), unguarded("'quoted'")
    ('=1+1', '-5 to 5', "it's", "'quoted'")
    """
    return text[1:] if text.startswith("'") and is_formula(text.lstrip("'")) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run the text; numbers are numbers, whatever their sign."""
    return text.lstrip(BEFORE).startswith(FORMULA) and not NUMBER.fullmatch(text)
