"""A real Azurite on this machine, which speaks as Azure's blobs do: started and stopped by tests that need it."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from resimate_servers import ports
from resimate_servers.processes import wait_until
from resimate_servers.tests.toxiproxy import needed

PROGRAM: Final = Path(__file__).parents[2] / "build/peers/npm/node_modules/.bin/azurite-blob"
NAME: Final = "resimate"
#: The account's key is ours, and made up: Base64 of 64 bytes, as Azure's are.
KEY: Final = "cmVzaW1hdGUgdGVzdHMgaXRzIGZpbGVzIGFnYWluc3QgdGhpcyBhY2NvdW50IGFuZCBubyBvdGhlciBvbmUsIGV2ZXI="
CONTAINER: Final = "files"


class Azurite:
    def __init__(self, folder: Path) -> None:
        self.port = ports.choose("azurite", {})
        node = shutil.which("node")
        program = needed(PROGRAM if node else None, "Azurite")
        listens = ["--blobHost", "127.0.0.1", "--blobPort", str(self.port), "--location", str(folder)]
        command = [str(node), str(program.resolve()), *listens, "--silent", "--skipApiVersionCheck"]
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env={"AZURITE_ACCOUNTS": f"{NAME}:{KEY}", "AZURITE_TELEMETRY": "false"}
            )
        assert wait_until(lambda: ports.answers(self.port), 60), (folder / "log").read_text()
        self.client().create_container()

    def url(self, port: int = 0) -> str:
        return f"http://127.0.0.1:{port or self.port}/{NAME}"

    def client(self) -> Any:
        """A plain client of the container, for what tests do behind the product's back."""
        from azure.storage.blob import BlobServiceClient

        credential = {"account_name": NAME, "account_key": KEY}
        return BlobServiceClient(self.url(), credential=credential).get_container_client(CONTAINER)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def azurite(folder: Path) -> Iterator[Azurite]:
    server = Azurite(folder)
    try:
        yield server
    finally:
        server.stop()
