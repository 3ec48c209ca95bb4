"""Connections to addresses that are known and checked, which end when the time of the whole call is over."""

import socket
import ssl
import time
from collections.abc import Sequence

from resimate_net.addresses import Address
from resimate_net.bounds import Limits
from resimate_net.failing import Unanswered
from resimate_net.resolving import Resolver, addresses_of, by_the_system
from resimate_net.targets import Rules, Target
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


class Wire:
    """A socket whose every step has what is left of the time. Raises ``Unanswered`` and ``OSError``."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket, self._deadline = connected, deadline

    def recv(self, most: int) -> bytes:
        self._socket.settimeout(self._deadline.left())
        try:
            return self._socket.recv(most)
        except TimeoutError:
            raise too_slow() from None

    def sendall(self, some: bytes) -> None:
        rest = memoryview(some)
        while rest:
            self._socket.settimeout(self._deadline.left())
            try:
                rest = rest[self._socket.send(rest) :]
            except TimeoutError:
                raise too_slow() from None

    def secure(self, tls: ssl.SSLContext, host: str) -> None:
        """Encrypt from here on, with whoever shows to be that host. Raises ``Unanswered``."""
        self._socket.settimeout(self._deadline.left())
        try:
            self._socket = tls.wrap_socket(self._socket, server_hostname=host)
        except TimeoutError:
            raise too_slow() from None
        except OSError as error:  # of which those of TLS are kinds
            raise _unproven(error) from error

    def close(self) -> None:
        self._socket.close()


def dial(target: Target, *, rules: Rules, limits: Limits, resolve: Resolver = by_the_system) -> Wire:
    """Connect, for who speaks something else than HTTP. Nothing is encrypted yet.

    Raises ``NotOutside`` and ``Unanswered``.
    """
    deadline = Deadline(limits.seconds)
    addresses = addresses_of(target, rules, seconds=deadline.left(), resolve=resolve)
    return connected_to(addresses, target.host, target.port, deadline, limits.connecting)


def connected_to(addresses: Sequence[Address], host: str, port: int, deadline: Deadline, connecting: float) -> Wire:
    """The first that takes the connection; the time that is left is shared by those not tried yet."""
    for place, address in enumerate(addresses):
        seconds = min(deadline.left() / (len(addresses) - place), connecting)
        try:
            connected = socket.create_connection((str(address), port), seconds)
        except OSError:
            continue
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Wire(connected, deadline)
    deadline.left()
    raise Unanswered("unreachable", Sentence("{host} takes no connection.", host=host))


def _unproven(error: OSError) -> Unanswered:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unanswered(
            "unproven", Sentence("The certificate of the host does not hold: {why}.", why=error.verify_message)
        )
    return Unanswered("unproven", Sentence("The host and we found no way to encrypt."))
