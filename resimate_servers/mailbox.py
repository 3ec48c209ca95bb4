"""A mail server for development: takes every message on the loopback address and delivers it to a folder.

The folder is a Maildir, so any mail program and the standard library can read it.
"""

import mailbox
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

from resimate_servers import ports

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session

LARGEST_MESSAGE = 35 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredMail:
    """One message as it was handed over, and when; ``recipients`` come from the envelope, so blind copies show."""

    key: str
    received_at: datetime
    recipients: tuple[str, ...]
    message: EmailMessage


def store(folder: Path, content: bytes, sender: str, recipients: list[str]) -> str:
    """Deliver one message to the folder and return its key; safe beside other writers and readers."""
    envelope = f"X-Envelope-From: {sender}\r\nX-Envelope-To: {', '.join(recipients)}\r\n".encode()
    return _maildir(folder).add((envelope + content).replace(b"\r\n", b"\n"))


def messages(folder: Path) -> Iterator[StoredMail]:
    """Every stored message, newest first; read only as far as you need."""
    maildir = _maildir(folder)
    for key in sorted(maildir.iterkeys(), key=_moment, reverse=True):
        try:
            yield _read(key, maildir.get_bytes(key))
        except KeyError:
            continue  # deleted meanwhile


def message(folder: Path, key: str) -> StoredMail | None:
    try:
        return _read(key, _maildir(folder).get_bytes(key))
    except KeyError:
        return None


def _maildir(folder: Path) -> mailbox.Maildir:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return mailbox.Maildir(folder / "Maildir", create=True)


def _moment(key: str) -> tuple[int, int, int]:
    """Maildir names begin with seconds, then microseconds and a counter: ``1764000000.M7P42Q1.host``."""
    seconds, _, rest = key.partition(".")
    micro, _, rest = rest.removeprefix("M").partition("P")
    count = rest.partition("Q")[2].partition(".")[0]
    return int(seconds), int(micro), int(count)


def _read(key: str, content: bytes) -> StoredMail:
    parsed = message_from_bytes(content, policy=policy.default)
    recipients = tuple(part.strip() for part in str(parsed.get("X-Envelope-To", "")).split(",") if part.strip())
    return StoredMail(key, datetime.fromtimestamp(_moment(key)[0], UTC), recipients, parsed)


class _Delivery:
    """The handler that aiosmtpd calls for each message."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, _server: "SMTP", _session: "Session", envelope: "Envelope") -> str:
        try:
            store(self.folder, envelope.original_content or b"", envelope.mail_from or "", envelope.rcpt_tos)
        except OSError as error:
            return f"452 The mailbox cannot be written to: {error.strerror}"
        return "250 Message accepted for delivery"


class Mailbox:
    """The server; it runs as a thread of the process that starts it."""

    name = "mail"
    title = "mailbox"

    def __init__(self, folder: Path, port: int) -> None:
        from aiosmtpd.controller import Controller  # only where it runs: readers of the folder do not need asyncio

        self.port = port
        _maildir(folder)
        self._controller = Controller(
            _Delivery(folder), hostname=ports.LOOPBACK, port=port, data_size_limit=LARGEST_MESSAGE, enable_SMTPUTF8=True
        )

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()
