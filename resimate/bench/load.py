"""A load generator small enough not to be what is measured: keep-alive connections on one selector."""

import selectors
import socket
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Client:
    """One connection that always has one request under way."""

    request: bytes
    sock: socket.socket
    buffer: bytearray = field(default_factory=bytearray)
    answered: int = 0

    def send(self) -> None:
        self.sock.sendall(self.request)

    def receive(self) -> None:
        self.buffer += self.sock.recv(1 << 18)
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _content_length(bytes(self.buffer[:head]))
        if len(self.buffer) < head + 4 + length:
            return
        self.answered += 1
        if b" 200 " not in self.buffer[:15]:
            raise RuntimeError(f"not answered with 200: {bytes(self.buffer[:600]).decode(errors='replace')}")
        self.buffer.clear()
        self.send()


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def requests_per_second(port: int, path: str, headers: dict[str, str], *, connections: int, seconds: float) -> float:
    """Answers a second, all of them 200; raises when one is not."""
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    request = "\r\n".join(lines).encode()
    clients = [Client(request, socket.create_connection(("127.0.0.1", port))) for _ in range(connections)]
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.sock, selectors.EVENT_READ, client)
            client.send()
        began = time.perf_counter()
        while (spent := time.perf_counter() - began) < seconds:
            for key, _ in selector.select(1):
                key.data.receive()
    for client in clients:
        client.sock.close()
    return sum(client.answered for client in clients) / spent
