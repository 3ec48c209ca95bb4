"""The management port of one process, or of several together: metrics and probes, never on the public address.

It knows no Django, so the process that watches the others stays small.
"""

import json
import os
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

#: The launcher sets it for its children: it serves their metrics together, so they open no port.
SERVED_TOGETHER = "RESIMATE_SERVED_TOGETHER"
Probe = Callable[[str], tuple[int, bytes]]


class ManagementPort:
    name = "management"
    title = "metrics"

    def __init__(self, host: str, port: int, probe: Probe, folder: Path | None = None) -> None:
        self.host, self.port, self.probe, self.folder = host, port, probe, folder
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        self._server = ThreadingHTTPServer((self.host, self.port), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True, name="management").start()

    def start_unless_taken(self) -> None:
        """Of the processes of one web server the first one serves; another one follows when it ends."""
        if self._server is None:
            try:
                self.start()
            except OSError:
                return

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def metrics(self) -> bytes:
        """Of all processes that share the folder; without one, of this process."""
        if self.folder is None:
            return generate_latest(REGISTRY)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(self.folder))
        return generate_latest(registry)


def of_this_process(host: str, port: int, ready: Callable[[], tuple[int, dict[str, Any]]]) -> ManagementPort | None:
    """The port of a process that was started alone; None when the launcher serves for it."""
    if os.environ.get(SERVED_TOGETHER):
        return None

    def probe(path: str) -> tuple[int, bytes]:
        status, said = (200, {"status": "ok"}) if path.startswith("/health/live") else ready()
        return status, json.dumps(said, default=str).encode()

    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return ManagementPort(host, port, probe, Path(folder) if folder else None)


def _handler(port: ManagementPort) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            if path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, port.metrics())
            elif path.startswith("/health/"):
                status, body = port.probe(path)
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
