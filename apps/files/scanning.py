"""Who looks through files before anybody reads them. Without one (the default) nobody does.

``FILES_SCANNER_URL`` names a daemon of ClamAV: ``clamd://host:3310``, or ``clamd:///run/clamav/clamd.ctl``.
"""

import socket
import struct
import time
from typing import IO, ClassVar, Final, Protocol
from urllib.parse import urlsplit

from django.conf import settings

from apps.core.errors import Refused

PIECE: Final = 64 * 1024
SECONDS: Final = 60.0
#: Nobody waits longer for one that takes no connection: each who does keeps a thread from others.
CONNECTING: Final = 3.0
LONGEST_ANSWER: Final = 1000


class ScannerAway(Refused):
    """Whoever looks through files does not answer, so none is let in; ``reason`` is for operators."""

    code = "scanner_away"
    status = 503
    title = "Files cannot be looked through"
    retry_after: ClassVar[int] = 30

    def __init__(self, reason: str) -> None:
        super().__init__("Files cannot be looked through just now. Please try again shortly.")
        self.reason = reason


class Scanner(Protocol):
    def look(self, content: IO[bytes]) -> str:
        """What is bad about a content, in a word; empty when nothing is. Raises ``ScannerAway``."""


class Clamd:
    """The protocol INSTREAM of ClamAV's daemon (``man clamd``): length and piece, again and again, then a zero."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.address: tuple[str, int] | str = (parts.hostname, parts.port or 3310) if parts.hostname else parts.path

    def look(self, content: IO[bytes]) -> str:
        try:
            with self._connected() as daemon:
                answer = self._asked(daemon, content)
        except OSError as error:
            raise ScannerAway(error.strerror or type(error).__name__) from error
        if answer.endswith(" OK"):
            return ""
        if answer.endswith(" FOUND"):
            return answer.removesuffix(" FOUND").partition(": ")[2][:100] or "something"
        raise ScannerAway(f"clamd said: {answer[:100]}")

    def _asked(self, daemon: socket.socket, content: IO[bytes]) -> str:
        """All of it has one deadline, however slowly it is taken."""
        until = time.monotonic() + SECONDS
        daemon.settimeout(SECONDS)
        daemon.sendall(b"zINSTREAM\0")
        content.seek(0)
        while piece := content.read(PIECE):
            daemon.settimeout(max(0.001, until - time.monotonic()))
            daemon.sendall(struct.pack(">I", len(piece)) + piece)
        daemon.sendall(struct.pack(">I", 0))
        answer = b""
        while len(answer) < LONGEST_ANSWER and (more := daemon.recv(LONGEST_ANSWER)):
            daemon.settimeout(max(0.001, until - time.monotonic()))
            answer += more
        return answer.rstrip(b"\0\n").decode(errors="replace")

    def _connected(self) -> socket.socket:
        family = socket.AF_UNIX if isinstance(self.address, str) else socket.AF_INET
        daemon = socket.socket(family, socket.SOCK_STREAM)
        daemon.settimeout(CONNECTING)
        try:
            daemon.connect(self.address)
        except OSError:
            daemon.close()
            raise
        return daemon


def current() -> Scanner | None:
    return Clamd(settings.FILES_SCANNER_URL) if settings.FILES_SCANNER_URL else None
