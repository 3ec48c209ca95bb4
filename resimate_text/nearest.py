"""What somebody may have meant who wrote a name that there is not."""

import difflib
from collections.abc import Collection
from typing import Final

#: How alike names have to be, from 0 to 1, and how many are offered.
ALIKE: Final = 0.6
MOST: Final = 3
#: What is beyond was meant for no name.
LONGEST: Final = 80


def nearest(written: str, names: Collection[str]) -> list[str]:
    """The names most like it, the nearest first: as a whole, or by what comes behind the last dot or slash.

    >>> nearest("europe/berln", ["Europe/Berlin", "Europe/Dublin", "Asia/Tokyo"])
    ['Europe/Berlin', 'Europe/Dublin']
    >>> nearest("berlin", ["Europe/Berlin", "Asia/Tokyo"]), nearest("?", ["Asia/Tokyo"])
    (['Europe/Berlin'], [])
    """
    wanted = written[:LONGEST].casefold()
    by_end = {_end(name): name for name in sorted(names, reverse=True)}
    whole = {name.casefold(): name for name in names}
    found = [by_end[end] for end in difflib.get_close_matches(_end(wanted), by_end, MOST, 0.8)]
    found += [whole[name] for name in difflib.get_close_matches(wanted, whole, MOST, ALIKE)]
    found.sort(key=lambda name: -difflib.SequenceMatcher(None, wanted, name.casefold()).ratio())
    return list(dict.fromkeys(found))[:MOST]


def _end(name: str) -> str:
    return name.casefold().replace("/", ".").rpartition(".")[2]
