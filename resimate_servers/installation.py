"""The data folder of one installation: layout, lock, remembered ports, and who runs in it right now.

``secrets.json``  passwords and keys (0600)      ``postgres/``, ``valkey/``  the servers' data
``ports.json``    ports, kept between runs       ``mail/``                   every message sent, a Maildir
``runtime.json``  pids and ports while running   ``logs/``                   what the children print
``lock``          held by the supervisor         ``servers-are-in``          where the servers' data is, if not here
"""

import fcntl
import json
import os
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import quote, urlsplit, urlunsplit

from resimate_servers import ports, processes, secret_file
from resimate_servers.errors import EmbeddedError, NotRunning, writing_to
from resimate_servers.placement import Placement

DATABASE = "resimate"
LEAST_FREE_BYTES = 200 * 1024 * 1024

__all__ = ["EmbeddedError", "Installation", "NotRunning", "Urls", "connection_urls", "demo_password", "secret_of"]


@dataclass(frozen=True, slots=True)
class Urls:
    """Addresses of the servers; the flags say which of them are ours."""

    database_url: str
    owner_database_url: str
    redis_url: str
    email_url: str
    embedded_database: bool = False
    embedded_redis: bool = False
    embedded_email: bool = False


@dataclass
class Installation:
    """An opened data folder. It stays locked until :meth:`close`, so that two supervisors never share one."""

    folder: Path
    placement: Placement
    home: Path
    lock: IO[str]
    secrets: dict[str, str]
    running: dict[str, dict[str, Any]] = field(default_factory=dict)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def open(cls, folder: Path, placement: Placement | None = None) -> Self:
        """Make the folder if need be, lock it, and end whatever a killed supervisor left running in it."""
        folder, placement = folder.absolute(), placement or Placement.usual()
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o711 if placement.account else 0o700)
            lock = _locked(folder)
            for name in ("logs", "mail"):
                (folder / name).mkdir(mode=0o700, exist_ok=True)
        _require_room(folder)
        installation = cls(folder, placement, placement.home_of(folder), lock, secret_file.load(folder))
        installation.end_orphans()
        return installation

    def close(self) -> None:
        self._runtime.unlink(missing_ok=True)
        self.lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _runtime(self) -> Path:
        return self.folder / "runtime.json"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def mail(self) -> Path:
        return self.folder / "mail"

    def port_for(self, name: str) -> int:
        """A port of its own for a server, the same as last time where possible."""
        path = self.folder / "ports.json"
        remembered = _read_json(path)
        port = ports.choose(name, remembered)
        if remembered.get(name) != port:
            self._write(path, {**remembered, name: port})
        return port

    def record(self, name: str, *, pid: int | None = None, port: int | None = None, stop: int = signal.SIGTERM) -> None:
        """Write down that ``name`` runs, for other processes and for the supervisor after a crash."""
        entry = self.running.setdefault(name, {})
        if port is not None:
            entry["port"] = port
        if pid is not None:
            entry |= {"pid": pid, "birth": processes.birth_of(pid), "stop": int(stop)}
        self._write_runtime()

    def forget(self, name: str) -> None:
        if self.running.pop(name, None) is not None:
            self._write_runtime()

    def _write_runtime(self) -> None:
        since = self.started_at.isoformat(timespec="seconds")
        self._write(self._runtime, {"pid": os.getpid(), "started_at": since, "servers": self.running})

    def _write(self, path: Path, content: Mapping[str, Any]) -> None:
        draft = path.with_suffix(".new")
        with writing_to(self.folder):
            draft.write_text(json.dumps(content, indent=1))
            draft.replace(path)

    def end_orphans(self) -> None:
        """End, newest first, the children of a supervisor that was killed."""
        left = _read_json(self._runtime).get("servers", {})
        for entry in reversed(list(left.values())):
            if "pid" in entry:
                processes.end_orphan(entry["pid"], entry["birth"], signal.Signals(entry["stop"]), grace=10)
        self._runtime.unlink(missing_ok=True)


def _locked(folder: Path) -> IO[str]:
    """Lock the folder; whoever only looks whether it is locked (`_is_locked`) delays us by moments."""
    file = (folder / "lock").open("a")
    if not processes.wait_until(lambda: _try_lock(file), 0.5):
        file.close()
        raise EmbeddedError(f"Resimate already runs on {folder}; stop it, or set RESIMATE_DATA_DIR to another folder.")
    return file


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _require_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise EmbeddedError(
            f"The disk that holds {folder} is full: {free >> 20} MB are free, {LEAST_FREE_BYTES >> 20} MB are needed."
        )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}


def _is_locked(folder: Path) -> bool:
    """Whether a supervisor holds the folder; its lock ends with it, however it ends."""
    try:
        with (folder / "lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def connection_urls(
    data_dir: Path, given: Mapping[str, str | None] | None = None, *, role_prefix: str = DATABASE
) -> Urls:
    """Addresses of all servers: those ``given`` by the environment, and the running embedded ones for the rest.

    ``given`` has the keys of :class:`Urls`. A ``database_url`` alone is the connection of the owner; the runtime role
    ``<role_prefix>_app`` beside it is ours (:mod:`resimate_servers.provisioning`).
    """
    named = {name: url for name, url in (given or {}).items() if url}
    wanted = {"database_url": "postgres", "redis_url": "valkey", "email_url": "mail"}
    absent = [server for name, server in wanted.items() if name not in named]
    running = _running_ports(data_dir, absent) if absent else {}
    return Urls(
        **_database_urls(data_dir, named, running, role_prefix),
        redis_url=named.get("redis_url") or _redis_url(data_dir, running["valkey"]),
        email_url=named.get("email_url") or f"smtp://{ports.LOOPBACK}:{running['mail']}",
        embedded_database="postgres" in absent,
        embedded_redis="valkey" in absent,
        embedded_email="mail" in absent,
    )


def running_port(data_dir: Path, name: str) -> int | None:
    """The port of a server of the running installation, for commands beside it; None when it does not run."""
    return _ports_in_use(data_dir).get(name)


def _ports_in_use(data_dir: Path) -> dict[str, int]:
    entries = _read_json(data_dir / "runtime.json").get("servers", {}) if _is_locked(data_dir) else {}
    return {name: entry["port"] for name, entry in entries.items() if "port" in entry}


def _running_ports(data_dir: Path, servers: list[str]) -> dict[str, int]:
    found = _ports_in_use(data_dir)
    if not all(server in found for server in servers):
        raise NotRunning
    return found


def _redis_url(data_dir: Path, port: int) -> str:
    return f"redis://:{secret_of(data_dir, 'valkey')}@{ports.LOOPBACK}:{port}/0"


def _database_urls(
    data_dir: Path, named: Mapping[str, str], running: Mapping[str, int], role_prefix: str
) -> dict[str, str]:
    if "database_url" not in named:
        return {
            f"{prefix}database_url": postgres_url(
                running["postgres"], f"{role_prefix}_{role}", secret_of(data_dir, key)
            )
            for prefix, role, key in (("", "app", "postgres_app"), ("owner_", "owner", "postgres_owner"))
        }
    if "owner_database_url" in named:
        return {"database_url": named["database_url"], "owner_database_url": named["owner_database_url"]}
    runtime = with_role(named["database_url"], f"{role_prefix}_app", secret_of(data_dir, "postgres_app"))
    return {"database_url": runtime, "owner_database_url": named["database_url"]}


def postgres_url(port: int, role: str, password: str, database: str = DATABASE) -> str:
    return f"postgresql://{role}:{password}@{ports.LOOPBACK}:{port}/{database}"


def with_role(url: str, role: str, password: str) -> str:
    """The same database, as another role."""
    parts = urlsplit(url)
    server = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(role)}:{quote(password, safe='')}@{server}"))


def secret_of(data_dir: Path, name: str) -> str:
    """A secret of the installation; it is made on first request, and is empty where no folder can be made."""
    try:
        data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
    except OSError:
        return ""
    return secret_file.load(data_dir)[name]


def demo_password(data_dir: Path, sign_in: str) -> str:
    return secret_file.demo_password(data_dir, sign_in)
