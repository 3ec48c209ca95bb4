"""Connections to addresses that are known and checked, which end when the time of the whole call is over."""

import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore2

from resimate_net.addresses import Address
from resimate_net.failing import Unanswered
from resimate_text.sentences import Sentence


class Deadline:
    """The time for a call as a whole: for looking up, connecting and every byte of it together."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left. Raises ``Unanswered``."""
        seconds = self._until - time.monotonic()
        if seconds <= 0:
            raise too_slow()
        return seconds


def too_slow() -> Unanswered:
    return Unanswered("slow", Sentence("There was no complete answer in time."))


class Stream(httpcore2.NetworkStream):
    """A socket whose every step has what is left of the time. Until ``opened`` it hands out the head of an answer."""

    def __init__(self, connected: socket.socket, deadline: Deadline, head: int) -> None:
        self._socket, self._deadline, self._head = connected, deadline, head
        self._is_open = False

    def opened(self) -> None:
        """The head has been read: what comes now is counted by whoever reads it."""
        self._is_open = True

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        most = max_bytes if self._is_open else min(max_bytes, self._head)
        if most <= 0:
            raise Unanswered("large", Sentence("The head of the answer is too large."))
        self._socket.settimeout(self._deadline.left())
        try:
            found = self._socket.recv(most)
        except TimeoutError:
            raise too_slow() from None
        except OSError as error:
            raise httpcore2.ReadError(type(error).__name__) from error
        self._head -= 0 if self._is_open else len(found)
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        rest = memoryview(buffer)
        while rest:
            self._socket.settimeout(self._deadline.left())
            try:
                rest = rest[self._socket.send(rest) :]
            except TimeoutError:
                raise too_slow() from None
            except OSError as error:
                raise httpcore2.WriteError(type(error).__name__) from error

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        self._socket.settimeout(self._deadline.left())
        try:
            self._socket = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except TimeoutError:
            raise too_slow() from None
        except OSError as error:  # of which those of TLS are kinds
            raise _unproven(error) from error
        return self

    def get_extra_info(self, info: str) -> Any:
        return None  # nobody needs any: there is one protocol, and no second call on the connection


class Pinned(httpcore2.NetworkBackend):
    """Connects to these addresses, whatever the name of the host."""

    def __init__(self, addresses: Sequence[Address], deadline: Deadline, head: int, connecting: float) -> None:
        self._addresses, self._deadline, self._head, self._connecting = addresses, deadline, head, connecting
        self.stream: Stream | None = None

    def __enter__(self) -> "Pinned":
        return self

    def __exit__(self, *_: object) -> None:
        """Whoever was not handed the connection on, because something failed between, does not close it."""
        if self.stream is not None:
            self.stream.close()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """The first that takes the connection; the time that is left is shared by those not tried yet."""
        for place, address in enumerate(self._addresses):
            seconds = min(self._deadline.left() / (len(self._addresses) - place), self._connecting)
            try:
                connected = socket.create_connection((str(address), port), seconds)
            except OSError:
                continue
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.stream = Stream(connected, self._deadline, self._head)
            return self.stream
        self._deadline.left()
        raise Unanswered("unreachable", Sentence("{host} takes no connection.", host=host))


def _unproven(error: OSError) -> Unanswered:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unanswered(
            "unproven", Sentence("The certificate of the host does not hold: {why}.", why=error.verify_message)
        )
    return Unanswered("unproven", Sentence("The host and we found no way to encrypt."))
