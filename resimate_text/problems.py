"""How many mistakes are told at once: whoever made more of them mends these first."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

MOST_PROBLEMS: Final = 50
#: Where a sentence names them, it names the first few; the others show when these are mended.
MOST_NAMED: Final = 5


def some(names: Iterable[str]) -> str:
    """The first few of the names, and a mark where there are more."""
    first = list(islice(names, MOST_NAMED + 1))
    return ", ".join([*first[:MOST_NAMED], *(["…"] if len(first) > MOST_NAMED else [])])
