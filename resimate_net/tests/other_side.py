"""A server on this machine that does what a test says, for one connection after the other."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from resimate_net import Rules

#: As an installation for tests has it.
NEAR = Rules(schemes=("http", "https"), allowed=(ip_network("127.0.0.0/8"),))
Behaviour = Callable[[socket.socket, bytes], None]


def saying(answer: bytes) -> Behaviour:
    return lambda connected, _head: connected.sendall(answer)


class OtherSide:
    """Listens on a port of its own; ``heads`` are the requests that came, as far as their first 64 KiB."""

    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.heads: list[bytes] = []
        self._behaviour, self._tls = behaviour, tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._answer, args=[self._listening.accept()[0]], daemon=True).start()

    def _answer(self, connected: socket.socket) -> None:
        with contextlib.suppress(OSError), connected:
            connected.settimeout(10)
            talking = self._tls.wrap_socket(connected, server_side=True) if self._tls else connected
            with talking:
                self.heads.append(talking.recv(64 * 1024))
                self._behaviour(talking, self.heads[-1])


@contextlib.contextmanager
def other_side(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[OtherSide]:
    server = OtherSide(behaviour, tls)
    try:
        yield server
    finally:
        server.close()


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """How the server of that name and a client that believes it encrypt."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))
