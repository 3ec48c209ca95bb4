"""Text in a drawing has no layout engine: estimate widths, break lines."""

import unicodedata
from itertools import pairwise

NARROW = frozenset("iIl.,:;|!'`()[]fjrt- ")
BROAD = frozenset("mwMW@%&—")
ELLIPSIS = "…"


def text_width(text: str, size: float) -> float:
    """Estimate the width of a line in a common sans-serif; a little generous, so that text rarely overflows."""
    return size * sum(_advance(character) for character in text)


def _advance(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in NARROW:
        return 0.34
    if character in BROAD:
        return 0.9
    return 0.7 if character.isupper() else 0.57


def wrap(text: str, width: float, size: float, max_lines: int = 3) -> list[str]:
    """Break a text into lines that fit; what is left over ends in an ellipsis.

    >>> wrap("Supply chain and partners", 90, 13)
    ['Supply chain', 'and partners']
    >>> wrap("", 90, 13)
    ['']
    """
    lines = [""]
    for word in _pieces(text, width, size):
        candidate = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(candidate, size) > width:
            lines.append(word)
        else:
            lines[-1] = candidate
    if len(lines) <= max_lines:
        return lines
    return [*lines[: max_lines - 1], shorten(" ".join(lines[max_lines - 1 :]), width, size)]


def shorten(text: str, width: float, size: float) -> str:
    """Cut a text to one line.

    >>> shorten("Procurement", 50, 13)
    'Procur…'
    """
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + ELLIPSIS, size) > width:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


def _pieces(text: str, width: float, size: float) -> list[str]:
    """Split into words, and words that are longer than a line into parts that are not."""
    return [piece for word in text.split() for piece in _hard_breaks(word, width, size)]


def _hard_breaks(word: str, width: float, size: float) -> list[str]:
    if text_width(word, size) <= width:
        return [word]
    cuts, used = [0], 0.0
    for position, character in enumerate(word):
        step = text_width(character, size)
        if used + step > width and position > cuts[-1]:
            cuts.append(position)
            used = 0.0
        used += step
    return [word[start:end] for start, end in pairwise([*cuts, len(word)])]
