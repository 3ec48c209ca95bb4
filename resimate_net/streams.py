"""What speaks HTTP is given connections of ours, to addresses that are known and checked."""

import ssl
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore2

from resimate_net.addresses import Address
from resimate_net.failing import Unanswered
from resimate_net.wires import Deadline, Wire, connected_to
from resimate_text.sentences import Sentence


class Stream(httpcore2.NetworkStream):
    """Until ``opened`` it hands out the head of an answer, which has a size."""

    def __init__(self, wire: Wire, head: int) -> None:
        self._wire, self._head = wire, head
        self._is_open = False

    def opened(self) -> None:
        """The head has been read: what comes now is counted by whoever reads it."""
        self._is_open = True

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        most = max_bytes if self._is_open else min(max_bytes, self._head)
        if most <= 0:
            raise Unanswered("large", Sentence("The head of the answer is too large."))
        try:
            found = self._wire.recv(most)
        except OSError as error:
            raise httpcore2.ReadError(type(error).__name__) from error
        self._head -= 0 if self._is_open else len(found)
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._wire.sendall(buffer)
        except OSError as error:
            raise httpcore2.WriteError(type(error).__name__) from error

    def close(self) -> None:
        self._wire.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        self._wire.secure(ssl_context, server_hostname or "")
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
        wire = connected_to(self._addresses, host, port, self._deadline, self._connecting)
        self.stream = Stream(wire, self._head)
        return self.stream
