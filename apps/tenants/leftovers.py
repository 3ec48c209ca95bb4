"""What may be left of a tenant outside the database: an app above that keeps something there says how to look.

It is asked before a name is given again, outside of transactions.
"""

from collections.abc import Callable
from typing import Final

_declared: Final[dict[str, Callable[[str], bool]]] = {}


def declare(name: str, is_left: Callable[[str], bool]) -> None:
    """``name``: what operators are told is left (``files``), where ``is_left`` says so of a schema."""
    _declared[name] = is_left


def of(schema: str) -> list[str]:
    return [name for name, is_left in _declared.items() if is_left(schema)]
