"""What answers in the place of Vault, and is none, is away: never a fault."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.db import transaction

from apps.keys.providers import Unavailable
from apps.keys.providers import vault as client
from apps.keys.providers.transit import Transit
from apps.keys.providers.vault import VAULT, Server
from resimate_net.tests.other_side import other_side

pytestmark = [pytest.mark.requirement("SEC-DATA-002"), pytest.mark.usefixtures("unknown")]
ANSWERS = {
    "a page of a proxy": (200, "text/html", b"<h1>Maintenance</h1>"),
    "a standby that points elsewhere": (307, "text/plain", b""),
    "JSON of somebody else": (200, "application/json", b"{}"),
}


REFUSING = (400, "application/json", b'{"errors": ["invalid role or secret ID"]}')


@contextmanager
def answering(status: int, kind: str, body: bytes) -> Iterator[str]:
    """A server that answers so, whatever it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("location", "http://127.0.0.1:1/")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def unwrap(address: str) -> None:
    Transit(Server(address, "role", "secret", "transit/resimate")).unwrap(b"vault:v1:x", "acme|field|1")


@pytest.mark.parametrize("answer", list(ANSWERS.values()), ids=list(ANSWERS))
def test_whoever_is_not_vault_is_away(answer: tuple[int, str, bytes]) -> None:
    with answering(*answer) as address, pytest.raises(Unavailable):
        unwrap(address)


def test_whoever_refuses_is_there() -> None:
    with answering(*REFUSING) as address:
        for _ in range(VAULT.failures + 1):
            with pytest.raises(Unavailable, match="does not let us in: InvalidRequest: invalid role or secret ID"):
                unwrap(address)


def test_whoever_stays_away_is_left_alone_by_all_in_the_middle_of_what_they_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What one finds out stands, even where its own transaction comes to nothing."""
    monkeypatch.setattr(client, "VAULT", replace(VAULT, failures=2, pause=3000, longest_pause=3000))
    with answering(*ANSWERS["a page of a proxy"]) as address:
        for _ in range(2):
            with pytest.raises(Unavailable), transaction.atomic():
                unwrap(address)
    with pytest.raises(Unavailable, match=f"{address} is left alone for a while"), transaction.atomic():
        unwrap(address)


def test_an_answer_that_trickles_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time: the whole does not."""
    monkeypatch.setattr(client, "PATIENCE", 0.2)

    def trickle(connected: socket.socket, _head: bytes) -> None:
        connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(100):
            time.sleep(0.05)
            connected.sendall(b"x")

    with other_side(trickle) as server, pytest.raises(Unavailable, match="no complete answer in time"):
        unwrap(f"http://127.0.0.1:{server.port}")
