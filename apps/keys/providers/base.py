"""What a provider of key-encryption keys promises."""

from typing import Protocol


class Unavailable(Exception):
    """It cannot be asked just now; the text says why, for operators."""


class Lost(Exception):
    """It is there, and does not unwrap this: the key-encryption key is another one, or the wrapped key is damaged."""


class NoOwnKey(Exception):
    """No tenant can have this as a key of its own; the text says why, for operators."""


class Provider(Protocol):
    """Wraps data keys of 32 bytes; ``place`` is what a wrapped key is bound to, and has to be said again."""

    @property
    def name(self) -> str:
        """Which key-encryption key wraps now, ``kind:which``; it is stored beside what it wraps."""

    def wrap(self, secret: bytes, place: str) -> bytes:
        """Raises ``Unavailable``."""

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        """Raises ``Unavailable`` or ``Lost``."""

    def ask(self) -> str:
        """Say in a few words how it is. Raises ``Unavailable``."""
