"""Passwords that were stolen and published elsewhere: the first that whoever guesses tries (ASVS 6.2.4, 6.2.12).

Asked without a network and in the same time however many there are: of the lists a Bloom filter is kept, which
``scripts/breached-passwords`` makes. It forgets none of them; one password in five thousand it takes for one of them.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from apps.accounts.hashers import normalised

FILE: Final = Path(__file__).with_name("breached-passwords.bloom")
#: What people put around such a password, so that it looks like another one.
AROUND: Final = re.compile(r"^[\W\d_]+|[\W\d_]+$")
#: Letters and digits around it that make it another one.
ENOUGH: Final = 8


@dataclass(frozen=True, slots=True)
class Filter:
    """``about`` says of what it is made: a line of JSON, before the bits."""

    about: dict[str, Any]
    bits: bytes

    def has(self, word: str) -> bool:
        return all(
            self.bits[at >> 3] & 1 << (at & 7) for at in positions(word, len(self.bits) * 8, self.about["hashes"])
        )


def positions(word: str, size: int, hashes: int) -> Iterator[int]:
    """The bits of a word, by double hashing (Kirsch and Mitzenmacher 2006)."""
    digest = hashlib.sha256(word.encode()).digest()
    first, step = int.from_bytes(digest[:8]), int.from_bytes(digest[8:16]) | 1
    return ((first + turn * step) % size for turn in range(hashes))


@lru_cache(maxsize=1)
def known() -> Filter:
    about, _, bits = FILE.read_bytes().partition(b"\n")
    return Filter(json.loads(about), bits)


def spelling(password: str) -> str:
    """Under which the lists have it: upper and lower case are one."""
    return normalised(password).casefold()


def is_breached(password: str) -> bool:
    """Whether it is one of them, as it is or with little more than digits and signs around it.

    >>> is_breached("Football1234!"), is_breached("football beside green rivers")
    (True, False)
    """
    whole = spelling(password)
    core = AROUND.sub("", whole)
    around = sum(one.isalnum() for one in whole) - sum(one.isalnum() for one in core)
    return known().has(whole) or (around < ENOUGH and known().has(core))
