"""A supervisor in a process of its own, to be started, killed and stopped by the tests."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from resimate_servers import processes
from resimate_servers.installation import Urls, connection_urls

CHECKOUT = Path(__file__).resolve().parents[2]


def _hear_hangups() -> None:
    """Tests may themselves run under nohup, which would be inherited."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Up:
    """A running `small_up`: what it printed, and ways to end it."""

    def __init__(self, folder: Path, *extra: str, env: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "resimate_servers.tests.small_up", str(folder), *extra],
            cwd=CHECKOUT,
            env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=_hear_hangups,
        )
        self.lines: list[str] = []

    def wait_for(self, text: str) -> "Up":
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if text in line:
                return self
        raise AssertionError(f"it ended without saying {text!r}:\n" + "\n".join(self.lines))

    @property
    def urls(self) -> Urls:
        return connection_urls(self.folder)

    def pid_of(self, name: str) -> int:
        return int(self.entry(name)["pid"])

    def entry(self, name: str) -> dict[str, Any]:
        return dict(json.loads((self.folder / "runtime.json").read_text())["servers"][name])

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        rest, _ = self.process.communicate(timeout=60)
        self.lines += rest.splitlines()
        return self.process.returncode


def write_row(url: str, value: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])


def rows(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [value for (value,) in connection.execute("SELECT value FROM kept ORDER BY value")]


def gone(pid: int) -> bool:
    return processes.wait_until(lambda: not processes.alive(pid), 15)
