"""What a provider of push messages is: it reads the address of a device, and hands a message over to it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Push:
    """``address`` as the provider has read it. ``seconds``: for so long it is worth showing.

    One of the same ``topic`` (32 letters and digits at most) takes the place of one that has not been shown.
    """

    address: str = field(repr=False)
    body: bytes = field(repr=False)
    seconds: int
    topic: str


class NotAnAddress(Exception):
    """What came is no address of a device."""


class Gone(Exception):
    """The device takes nothing any more: its owner has said so, or lost it."""


class NotTaken(Exception):
    """Why it was not handed over, without the address."""


class Provider(Protocol):
    def key(self) -> str:
        """What a device has to know before it gives an address; empty where that is still to be made."""
        ...

    def make_key(self, now: datetime) -> None: ...

    def read(self, text: str) -> str:
        """The one spelling of an address that a device sent. Raises ``NotAnAddress``."""
        ...

    def send(self, push: Push, *, now: datetime) -> None:
        """Hand it over, outside any transaction. Raises ``Gone`` and ``NotTaken``."""
        ...
