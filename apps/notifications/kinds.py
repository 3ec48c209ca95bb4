"""The kinds of message there are. Each app declares its own in its module ``messages``, which is found at start::

    REMINDER = declare("reminder", texts="campaigns/messages/reminder", purpose="reminder")

The name is what the ledger and the API call a message, so it stays as it is once messages have it.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """``texts``: how the names of its templates begin; a channel says how they end.

    ``purpose``: why people get it (``invitation``, ``reminder``, ``account``), which several kinds may share.
    """

    name: str
    texts: str
    purpose: str


KINDS: Final[dict[str, Kind]] = {}


def declare(name: str, *, texts: str, purpose: str) -> Kind:
    if name in KINDS:
        raise ValueError(f"two apps declare messages of the kind {name}")
    KINDS[name] = Kind(name, texts, purpose)
    return KINDS[name]
