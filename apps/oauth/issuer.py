"""Who issues the tokens of a tenant: its own address. Remembered, since every request with a token asks."""

import time

from apps.core.memory import SECONDS, forgets
from apps.core.tenancy import current_schema
from apps.tenants.hosts import base_url

_known: dict[str, tuple[float, str]] = {}


@forgets
def forget() -> None:
    _known.clear()


def issuer() -> str:
    """``https://acme.example.org``: the ``iss`` of RFC 8414 and 9207, and the ``aud`` of access tokens."""
    schema, now = current_schema(), time.monotonic()
    until, address = _known.get(schema, (0.0, ""))
    if until <= now:
        address = base_url()
        _known[schema] = (now + SECONDS, address)
    return address
