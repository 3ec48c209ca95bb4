"""What is signed by the keys of tenants. The apps that sign say since when what is still good may have been signed.

A key is kept as long as something that it may have signed is good; links are not stored, so they cannot be counted.
"""

from collections.abc import Callable
from datetime import datetime

#: Asked in the schema of a tenant, or of the platform, for a moment; ``None`` where nothing there is good any more.
LiveSince = Callable[[datetime], datetime | None]

_signed: dict[str, LiveSince] = {}


def declare(name: str) -> Callable[[LiveSince], LiveSince]:
    """Say of one kind of links or tokens, which are signed by ``crypto.signing_secrets``, since when they are good."""

    def named(live_since: LiveSince) -> LiveSince:
        if name in _signed:
            raise ValueError(f"{name} are declared twice")
        return _signed.setdefault(name, live_since)

    return named


def live_since(now: datetime) -> datetime | None:
    """Since when anything may have been signed in this schema that is still good."""
    return min((since for ask in _signed.values() if (since := ask(now))), default=None)
