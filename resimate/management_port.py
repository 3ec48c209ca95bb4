"""The management port: metrics of all processes together, and the probes. Never reachable from outside."""

import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from apps.core.embedded import ports


class ManagementPort:
    """Runs inside the supervisor, which sees the metric files of every process."""

    name = "management"
    title = "metrics"

    def __init__(self, port: int, folder: Path, web_host: str, web_port: int) -> None:
        self.port = port
        self.folder = folder
        self.web = f"http://{ports.LOOPBACK if web_host == '0.0.0.0' else web_host}:{web_port}"  # noqa: S104
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        self._server = ThreadingHTTPServer((ports.LOOPBACK, self.port), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True, name="management").start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def metrics(self) -> bytes:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(self.folder))
        return generate_latest(registry)

    def probe(self, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(self.web + path, timeout=5) as response:  # noqa: S310  our own address
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 503, b'{"status": "unavailable"}'


def _handler(port: ManagementPort) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.split("?")[0] == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, port.metrics())
            elif self.path.startswith("/health/"):
                status, body = port.probe(self.path)
                self._answer(status, "application/json", body)
            else:
                self._answer(404, "text/plain", b"Not found\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Scrapes every 15 s are no news."""

    return Handler
