"""What processes of the image run on: a database that the image itself has migrated, a tenant, and a key to its API."""

import base64
import http.client
import json
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from resimate.tests import database
from resimate.tests.image.containers import Image
from resimate_servers import ports
from resimate_servers.processes import wait_until

DOMAIN = "resimate.example"
#: Seconds for what takes few, on a machine that has other things to do.
PATIENCE = 300
PERMISSIONS = ("models:tenant:manage", "calculations:tenant:create", "jobs:own:manage")


@dataclass
class Door:
    """How a process of the image is reached: where requests come in, and where metrics and probes are."""

    port: int
    management: int

    def get(self, path: str, *, host: str = f"acme.{DOMAIN}", key: str = "", port: int = 0) -> tuple[int, bytes]:
        return self.ask("GET", path, host=host, key=key, port=port)

    def ask(
        self, method: str, path: str, *, host: str = f"acme.{DOMAIN}", key: str = "", body: Any = None, port: int = 0
    ) -> tuple[int, bytes]:
        """One request as the ingress hands it on."""
        sent = {"Host": host, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
        if key:
            sent["Authorization"] = f"Bearer {key}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=60)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, sent)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def is_ready(self, *, port: int = 0) -> bool:
        try:
            return self.get("/health/ready", port=port)[0] == 200
        except OSError:
            return False


@dataclass
class Pod(Door):
    """A process of the image in a role, as a pod has it."""

    process: subprocess.Popen[str]
    output: Path

    def said(self) -> str:
        return self.output.read_text()


@dataclass
class Installation:
    """A database, the secrets of an installation, and whatever processes of the image are started on them."""

    image: Image
    folder: Path
    name: str = field(default_factory=lambda: f"image_{secrets.token_hex(4)}")
    key: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """As `k8s/base/config` has it, with the addresses of this machine."""
        return {
            "DATABASE_URL": database.url_of(database.SERVERS.app_url, self.name),
            "REDIS_URL": database.SERVERS.redis_url.removesuffix("/0") + "/9",
            "EMAIL_URL": "smtp://127.0.0.1:1",
            "SECRET_KEY": self.secret("signing", lambda: secrets.token_urlsafe(50)),
            "ENCRYPTION_KEY": self.secret("keys", lambda: base64.b64encode(secrets.token_bytes(32)).decode()),
            "RESIMATE_BASE_DOMAIN": DOMAIN,
            "RESIMATE_HOST": "127.0.0.1",
            "TRUSTED_PROXIES": "1",
            "RESIMATE_SETTING_API_RATE_CALCULATIONS": "1000000",
            "RESIMATE_SETTING_API_RATE_MODELS": "1000000",
        }

    def secret(self, name: str, make: Any) -> str:
        kept = self.folder / name
        if not kept.exists():
            kept.write_text(make())
        return kept.read_text()

    @classmethod
    def new(cls, image: Image, folder: Path) -> Self:
        installation = cls(image, folder)
        owner = urlsplit(database.SERVERS.owner_url).username
        database._admin(f'CREATE DATABASE "{installation.name}" TEMPLATE template0 OWNER {owner}')
        installation.manage("migrate_tenants")
        installation.manage("tenants", "create", "acme", "--name", "Acme", "--admin-email", "ada@acme.example")
        wanted = [part for one in PERMISSIONS for part in ("--permission", one)]
        whose = ("--tenant", "acme", "--user", "ada@acme.example", "--name", "test")
        made = installation.manage("create_api_key", *whose, *wanted)
        installation.key = made.strip().splitlines()[-1]
        return installation

    def manage(self, *arguments: str) -> str:
        """A command, as the owner of the database."""
        given = self.environment | {"DATABASE_OWNER_URL": database.url_of(database.SERVERS.owner_url, self.name)}
        with tempfile.TemporaryDirectory() as data:
            process = self.image.start(
                *arguments, data=Path(data), given=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            output, errors = process.communicate(timeout=3 * PATIENCE)
        if process.returncode:
            raise AssertionError(f"{' '.join(arguments)} ended with {process.returncode}: {errors[-2000:]}")
        return output

    @contextmanager
    def pod(self, role: str, *, ready: bool = True, **given: str) -> Iterator[Pod]:
        """A process in that role, once it says that it is ready."""
        port, management = ports.choose(f"{role}-web", {}), ports.choose(f"{role}-management", {})
        told = {"RESIMATE_ROLE": role, "RESIMATE_PORT": str(port), "RESIMATE_MANAGEMENT_PORT": str(management)}
        with tempfile.TemporaryDirectory() as data, (self.folder / f"{role}-{port}.log").open("w") as output:
            process = self.image.start(
                data=Path(data), given=self.environment | told | given, stdout=output, stderr=subprocess.STDOUT
            )
            pod = Pod(port, management, process, Path(output.name))
            try:
                if ready:
                    self._wait(pod, role)
                yield pod
            finally:
                end(process)

    def _wait(self, pod: Pod, role: str) -> None:
        asked = pod.management if role.startswith(("worker", "scheduler")) else pod.port
        if not wait_until(lambda: pod.process.poll() is not None or pod.is_ready(port=asked), PATIENCE):
            raise AssertionError(f"{role} was not ready: {pod.said()[-2000:]}")
        if pod.process.poll() is not None:
            raise AssertionError(f"{role} ended with {pod.process.returncode}: {pod.said()[-2000:]}")

    def remove(self) -> None:
        database.drop_database(self.name)


def end(process: subprocess.Popen[str]) -> int:
    process.terminate()
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
