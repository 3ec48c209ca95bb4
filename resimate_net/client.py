"""One call over HTTP to an address that somebody else has written, within bounds.

The name is looked up once for each call, every address it has is checked, and the connection goes to one of those: a
name that leads elsewhere a moment later leads nowhere. Redirects are answers like others. What the environment says of
proxies is not read.
"""

import ssl
from collections.abc import Mapping

from resimate_net.bounds import USUAL, Answer, Limits
from resimate_net.resolving import Resolver, by_the_system
from resimate_net.targets import Rules, Target


def send(
    target: Target,
    method: str = "GET",
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    rules: Rules,
    limits: Limits = USUAL,
    resolve: Resolver = by_the_system,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Call, and return the answer, whatever its status. Raises ``NotOutside`` and ``Unanswered``."""
    from resimate_net.calling import call  # what speaks HTTP takes long to import, and most processes call nobody

    return call(target, method, headers or {}, body, rules=rules, limits=limits, resolve=resolve, tls=tls)
