"""How many mistakes are told at once: whoever made more of them mends these first."""

from typing import Final

MOST_PROBLEMS: Final = 50
#: Where a sentence names them, it names the first few; the others show when these are mended.
MOST_NAMED: Final = 5
