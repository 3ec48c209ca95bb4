"""Backup codes: for who has lost their phone. Each opens once, and what is stored of it is a hash (ASVS 6.5.1, 6.5.2).

A code begins with its mark, by which it is found: so an attempt costs one hash, and not one for each code.
"""

import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.hashers import check_password, make_password

#: So many at once.
TEN: Final = 10
#: No letters and digits that look alike.
LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
MARK: Final = 2
#: Of 31 letters, ten after the mark: 49 bits, which nobody guesses as often as the limits let them.
LENGTH: Final = 12
GROUP: Final = 4


@dataclass(frozen=True, slots=True)
class Made:
    """``text`` is shown once; ``mark`` and ``hashed`` are stored."""

    text: str
    mark: str
    hashed: str


def make() -> list[Made]:
    """New codes, each with a mark of its own. Takes as long as ten passwords: call it outside of transactions."""
    marks = set[str]()
    while len(marks) < TEN:
        marks.add(_random(MARK))
    return [_made(mark + _random(LENGTH - MARK)) for mark in sorted(marks)]


def plain(text: str) -> str:
    """What somebody typed, without what only makes it easier to read, whatever keyboard it is from.

    >>> plain(" 7K2M-T9xd-w2hp")
    '7k2mt9xdw2hp'
    >>> plain("\\uff11\\uff12 \\u0663")
    '123'
    """
    letters = (letter for letter in unicodedata.normalize("NFKC", text).lower() if letter.isalnum())
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in letters)


def mark_of(code: str) -> str:
    return code[:MARK]


def fits(code: str, hashed: str) -> bool:
    """Whether the hash is that of the code; takes as long where there is none."""
    if not hashed:
        make_password(code)
        return False
    return len(code) == LENGTH and check_password(code, hashed)


def _random(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def _made(code: str) -> Made:
    shown = "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP))
    return Made(shown, mark_of(code), make_password(code))
