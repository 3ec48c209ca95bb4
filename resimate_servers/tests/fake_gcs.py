"""A fake-gcs-server on this machine, which speaks as Google's storage does: started and stopped by tests."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from resimate_servers import ports
from resimate_servers.processes import wait_until
from resimate_servers.tests.toxiproxy import needed

PROGRAM: Final = Path(__file__).parents[2] / "build/peers/fake-gcs-server"
BUCKET: Final = "files"


class FakeGcs:
    """``seen_at``: the port on which others see it, where a line stands before it; uploads go on there."""

    def __init__(self, folder: Path) -> None:
        self.port = ports.choose("fake-gcs-server", {})
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.start(self.port)
        self.client().create_bucket(BUCKET)

    def start(self, seen_at: int) -> None:
        seen = ["-external-url", f"http://127.0.0.1:{seen_at}", "-public-host", f"127.0.0.1:{seen_at}"]
        lies = ["-backend", "filesystem", "-filesystem-root", str(self._folder / "root")]
        listens = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(self.port)]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(needed(PROGRAM, "fake-gcs-server")), *listens, *seen, *lies], stdout=log, stderr=log
            )
        assert wait_until(lambda: ports.answers(self.port), 60), (self._folder / "log").read_text()

    def url(self, port: int = 0) -> str:
        return f"http://127.0.0.1:{port or self.port}"

    def client(self) -> Any:
        """A plain client, for what tests do behind the product's back."""
        from google.auth.credentials import AnonymousCredentials
        from google.cloud.storage import Client

        options = {"api_endpoint": self.url()}
        return Client(project="resimate", credentials=AnonymousCredentials(), client_options=options)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@contextmanager
def fake_gcs(folder: Path) -> Iterator[FakeGcs]:
    server = FakeGcs(folder)
    try:
        yield server
    finally:
        server.stop()
