"""One call over HTTP to an address that somebody else has written, within bounds.

The name is looked up once for each call, every address it has is checked, and the connection goes to one of those: a
name that leads elsewhere a moment later leads nowhere. Redirects are answers like others. What the environment says of
proxies is not read.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from resimate_net.resolving import Resolver, by_the_system
from resimate_net.targets import Rules, Target

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


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``headers`` have names in lower case; ``body`` is as it came."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def send(
    target: Target,
    method: str = "GET",
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    rules: Rules,
    limits: Limits = Limits(),
    resolve: Resolver = by_the_system,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Call, and return the answer, whatever its status. Raises ``NotOutside`` and ``Unanswered``."""
    from resimate_net.calling import call  # what speaks HTTP takes long to import, and most processes call nobody

    return call(target, method, headers or {}, body, rules=rules, limits=limits, resolve=resolve, tls=tls)
