"""What answers in the place of Vault, and is none, is away: never a fault."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from apps.keys.providers import Unavailable
from apps.keys.providers.transit import Server, Transit

pytestmark = pytest.mark.requirement("SEC-DATA-002")
ANSWERS = {
    "a page of a proxy": (200, "text/html", b"<h1>Maintenance</h1>"),
    "a standby that points elsewhere": (307, "text/plain", b""),
    "JSON of somebody else": (200, "application/json", b"{}"),
}


@pytest.fixture(params=list(ANSWERS.values()), ids=list(ANSWERS))
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    status, kind, body = request.param

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
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_whoever_is_not_vault_is_away(address: str) -> None:
    with pytest.raises(Unavailable):
        Transit(Server(address, "role", "secret", "transit/resimate")).unwrap(b"vault:v1:x", "acme|field|1")
