"""A real Toxiproxy on this machine: it stands between us and a server, and spoils the line as a test says."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from resimate_net import Answer, send, target_of
from resimate_net.tests.other_side import NEAR
from resimate_servers import ports
from resimate_servers.processes import wait_until

PROGRAM = Path(__file__).parents[2] / "build/peers/toxiproxy"


def needed(program: Path | None, name: str) -> Path:
    """A server that `make peers` brings. Where it is not there the test is skipped, but not in CI."""
    if program is not None and program.exists():
        return program
    reason = f"{name} is not here; `make peers` brings it, and says so where it cannot"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


class Line:
    """The way to one server: ``port`` is where to connect."""

    def __init__(self, proxies: "Toxiproxy", name: str, port: int) -> None:
        self.port, self._proxies, self._name = port, proxies, name

    @contextmanager
    def spoilt(self, kind: str, stream: str = "downstream", **how: int) -> Iterator[None]:
        """Spoil it for a while: ``latency``, ``reset_peer``, ``limit_data``, ``bandwidth``, ``timeout`` and others."""
        toxic = {"name": kind, "type": kind, "stream": stream, "attributes": how}
        self._proxies.ask("POST", f"/proxies/{self._name}/toxics", toxic)
        try:
            yield
        finally:
            self._proxies.ask("DELETE", f"/proxies/{self._name}/toxics/{kind}")


class Toxiproxy:
    def __init__(self, folder: Path) -> None:
        self._port = ports.choose("toxiproxy", {})
        command = [str(needed(PROGRAM, "toxiproxy")), "-host", "127.0.0.1", "-port", str(self._port)]
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        assert wait_until(lambda: ports.answers(self._port), 60)

    def line_to(self, port: int) -> Line:
        """A way to that port of this machine."""
        made = {"name": f"to-{port}", "listen": "127.0.0.1:0", "upstream": f"127.0.0.1:{port}", "enabled": True}
        answer = json.loads(self.ask("POST", "/proxies", made).body)
        return Line(self, answer["name"], int(answer["listen"].rpartition(":")[2]))

    def ask(self, method: str, path: str, said: dict[str, Any] | None = None) -> Answer:
        target = target_of(f"http://127.0.0.1:{self._port}{path}", NEAR)
        answer = send(target, method, rules=NEAR, body=json.dumps(said).encode() if said else b"")
        assert answer.status < 300, answer.body
        return answer

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def toxiproxy(folder: Path) -> Iterator[Toxiproxy]:
    proxies = Toxiproxy(folder)
    try:
        yield proxies
    finally:
        proxies.stop()
