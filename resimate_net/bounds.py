"""What a call may take, and what comes back of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

#: Headers of a call that follow from where it goes and what it carries.
OURS: Final = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te", "upgrade"}
)


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds`` for the whole call, ``connecting`` of them for a connection to one address at the most.

    ``body`` and ``head`` are bytes of the answer, ``headers`` how many it has.
    """

    seconds: float = 15.0
    connecting: float = 15.0
    body: int = 64 * 1024
    head: int = 16 * 1024
    headers: int = 100


USUAL: Final = Limits()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``headers`` have names in lower case; ``body`` is as it came."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
