"""The whole product, started as a person starts it, for the tests that use it from outside."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from resimate_servers import ports
from resimate_servers.installation import demo_password
from resimate_servers.processes import wait_until

ROOT = Path(__file__).resolve().parents[2]
#: Variables of the test run that the product must not inherit.
OWN = ("DATABASE", "REDIS", "EMAIL", "RESIMATE", "SECRET", "COLLECTED", "LOG_LEVEL", "DJANGO", "PYTEST", "PROMETHEUS")


@dataclass
class Answer:
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Product:
    """A running `manage.py up` on a folder and ports of its own; ``root`` and ``python``: of which checkout."""

    folder: Path
    port: int = field(default_factory=lambda: ports.choose("product", {}))
    management_port: int = field(default_factory=lambda: ports.choose("product-management", {}))
    extra: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    root: Path = ROOT
    python: str | Path = sys.executable

    @classmethod
    def new(cls, **extra: str) -> Self:
        folder = Path(tempfile.mkdtemp(prefix="resimate-product-"))
        folder.chmod(0o711)  # so that root's servers, who run as nobody, keep their data here, and it goes with us
        return cls(folder, extra=extra)

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
        return {
            **inherited,
            "RESIMATE_DATA_DIR": str(self.folder / "data"),
            "RESIMATE_PORT": str(self.port),
            "RESIMATE_MANAGEMENT_PORT": str(self.management_port),
            **self.extra,
        }

    def start(self, patience: float = 120) -> Self:
        output = (self.folder / "up.log").open("w")
        command = [self.python, "manage.py", "up"]
        self.process = subprocess.Popen(
            command, cwd=self.root, env=self.environment, stdout=output, stderr=subprocess.STDOUT, text=True
        )
        ready = wait_until(
            lambda: self.process is None or self.process.poll() is not None or self._is_ready(), patience
        )
        if not ready or self.process.poll() is not None:
            raise AssertionError(f"the product did not start:\n{self.output()[-3000:]}")
        return self

    def output(self) -> str:
        return (self.folder / "up.log").read_text()

    def _is_ready(self) -> bool:
        return "Resimate is ready" in self.output()

    def stop(self, with_signal: signal.Signals = signal.SIGINT) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        return self.process.wait(60)

    def remove(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def password(self, email: str) -> str:
        return demo_password(self.folder / "data", email)

    def address(self, tenant: str, path: str = "/") -> str:
        return f"http://{tenant}.localhost:{self.port}{path}" if tenant else f"http://localhost:{self.port}{path}"

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [self.python, "manage.py", *arguments]
        return subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=check)

    def api_key(self, tenant: str, user: str, *permissions: str) -> str:
        wanted = [part for permission in permissions for part in ("--permission", permission)]
        made = self.manage("create_api_key", "--tenant", tenant, "--user", user, "--name", "test", *wanted)
        return made.stdout.strip()

    def request(
        self, method: str, tenant: str, path: str, *, key: str = "", body: Any = None, **headers: str
    ) -> Answer:
        """One request over the wire, with ``Host`` of the tenant, as a program that cannot resolve it would send it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Host": f"{tenant}.localhost:{self.port}" if tenant else f"localhost:{self.port}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            sent["Authorization"] = f"Bearer {key}"
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection.request(method, path, body=data, headers=sent)
        response = connection.getresponse()
        answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        connection.close()
        return answer
