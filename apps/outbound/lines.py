"""What a kind of call may take, and how patient we are with those who do not answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from typing import Final

from django.conf import settings

from resimate_net import Limits, Rules
from resimate_net.addresses import Network

#: What an operator has written, unlike others, may be inside, on any port, and without TLS.
ANYWHERE: Final = Rules(("https", "http"), allowed=(ip_network("0.0.0.0/0"), ip_network("::/0")))
#: Above what the call itself may take, for who tries whether somebody is there again.
SPARE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Line:
    """Calls for one ``purpose``: what an app that calls says of it, once.

    After ``failures`` in a row nobody calls for ``pause`` seconds; then one tries, and every time in vain doubles the
    pause, up to ``longest_pause``. ``a_minute`` calls go to one destination, ``at_once`` of them without waiting; 0 is
    any number. ``is_ours``: the servers belong to the platform, and what one tenant finds out holds for all.
    ``within``: calls come in the middle of transactions too, and what is found out is written beside them.
    """

    purpose: str
    limits: Limits = field(default_factory=Limits)
    failures: int = 5
    pause: float = 30.0
    longest_pause: float = 600.0
    a_minute: float = 60
    at_once: int = 20
    is_ours: bool = False
    within: bool = False

    @property
    def interval(self) -> timedelta:
        return timedelta(minutes=1) / self.a_minute if self.a_minute else timedelta(0)

    @property
    def burst(self) -> timedelta:
        """How far ahead of an even pace calls may be."""
        return self.interval * (self.at_once - 1)

    @property
    def lease(self) -> timedelta:
        """How long the others wait for the one who tries."""
        return timedelta(seconds=self.limits.seconds) + SPARE


def rules() -> Rules:
    """What is called at all. Production knows one answer, whatever else has been set."""
    if settings.DEVELOPMENT:
        return Rules(("https", "http"), (443, 8443, 80, 8080), allowed())
    return Rules()


def allowed() -> Sequence[Network]:
    """Networks inside that are called nonetheless: none in production."""
    return settings.OUTBOUND_ALLOW if settings.DEVELOPMENT else ()
