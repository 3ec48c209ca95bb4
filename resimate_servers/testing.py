"""Servers for the test suite: durable nothing, started once, shared by every run and worker of a checkout.

A small holder process owns them. Each session holds a shared lock on ``users``; whoever lets go last ends the holder,
and the holder ends by itself when all sessions were killed.

``python -m resimate_servers.testing FOLDER [PostgreSQL's major version]`` is the holder.
"""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from resimate_servers import postgres, processes, secret_file, valkey
from resimate_servers.errors import EmbeddedError
from resimate_servers.installation import DATABASE, Installation, postgres_url
from resimate_servers.placement import RECORD, Placement, server_account
from resimate_servers.servers import start_postgres
from resimate_servers.supervisor import Supervisor

PATIENCE = 60.0
PULSE = 1.0


@dataclass
class TestServers:
    """Addresses of the test servers; call :meth:`stop` once, at the end of the session."""

    __test__ = False

    folder: Path
    superuser_url: str
    owner_url: str
    app_url: str
    redis_url: str
    users: IO[str]

    def stop(self) -> None:
        """Let go; the last session waits until the servers have ended."""
        if self.users.closed:
            return
        with _exclusively(self.folder / "starting.lock"):
            fcntl.flock(self.users, fcntl.LOCK_UN)
            if _locked(self.users, fcntl.LOCK_EX):
                _end_holder(self.folder)
            self.users.close()


def start_test_servers(base_dir: Path, *, postgres_major: int | None = None) -> TestServers:
    """Find the running test servers of ``base_dir``, or start them; safe to call from many processes at once."""
    folder = (base_dir / str(postgres_major) if postgres_major else base_dir).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with _exclusively(folder / "starting.lock"):
        users = (folder / "users").open("a")
        fcntl.flock(users, fcntl.LOCK_SH)
        running = _running(folder) or _start_holder(folder, postgres_major)
    return _servers(folder, running, users)


def _servers(folder: Path, running: dict[str, Any], users: IO[str]) -> TestServers:
    secrets = secret_file.load(folder)
    port, redis = running["postgres"]["port"], running["valkey"]["port"]
    return TestServers(
        folder=folder,
        superuser_url=postgres_url(port, postgres.SUPERUSER, secrets["postgres_superuser"], "postgres"),
        owner_url=postgres_url(port, f"{DATABASE}_owner", secrets["postgres_owner"]),
        app_url=postgres_url(port, f"{DATABASE}_app", secrets["postgres_app"]),
        redis_url=f"redis://:{secrets['valkey']}@127.0.0.1:{redis}/0",
        users=users,
    )


@contextmanager
def _exclusively(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _locked(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(folder: Path) -> dict[str, Any] | None:
    """What the holder wrote down, if it is still the same living process."""
    try:
        written: dict[str, Any] = json.loads((folder / "holder.json").read_text())
    except (OSError, ValueError):
        return None
    same = processes.alive(written["pid"]) and processes.birth_of(written["pid"]) == written["birth"]
    return written if same else None


def _running(folder: Path) -> dict[str, Any] | None:
    held = _holder(folder)
    if held is None or not all(processes.alive(server["pid"]) for server in held["servers"].values()):
        return None
    return dict(held["servers"])


def _start_holder(folder: Path, postgres_major: int | None) -> dict[str, Any]:
    _end_holder(folder)
    log_file = folder / "holder.log"
    with log_file.open("wb") as log:
        holder = subprocess.Popen(  # noqa: S603  our own module
            [
                sys.executable,
                "-m",
                "resimate_servers.testing",
                str(folder),
                *map(str, filter(None, [postgres_major])),
            ],
            cwd=Path(__file__).resolve().parents[1],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    processes.wait_until(lambda: holder.poll() is not None or _running(folder) is not None, PATIENCE)
    running = _running(folder)
    if running is None:
        holder.kill()
        holder.wait()
        raise EmbeddedError(f"The test servers did not start:\n{log_file.read_text()[-2000:]}")
    return running


def _end_holder(folder: Path) -> None:
    held = _holder(folder)
    if held is not None:
        os.kill(held["pid"], signal.SIGTERM)
        _wait_for_end(held["pid"])


def _wait_for_end(pid: int) -> None:
    def ended() -> bool:
        with suppress(ChildProcessError):  # it may be our own child
            os.waitpid(pid, os.WNOHANG)
        return not processes.alive(pid)

    if not processes.wait_until(ended, PATIENCE):
        os.kill(pid, signal.SIGKILL)


def _placement(folder: Path) -> Placement:
    """What nobody cannot reach goes to a temporary folder that is removed at the end: tests leave nothing behind."""
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Placement(server_account(), Path(tempfile.gettempdir()) / f"resimate-test-{name}")


def hold(folder: Path, postgres_major: int | None = None) -> None:
    """Run the servers until SIGTERM, or until no session uses them any more."""
    placement = _placement(folder)
    if not placement.state.exists():
        (folder / RECORD).unlink(missing_ok=True)  # temporary folders are emptied now and then
    try:
        with Installation.open(folder, placement) as installation, Supervisor(installation) as supervisor:
            start_postgres(supervisor, installation, profile=postgres.FOR_TESTS, major=postgres_major)
            supervisor.start(valkey.Valkey(installation, installation.port_for("valkey"), valkey.FOR_TESTS).child())
            _announce(folder, installation)
            _wait_while_used(folder, supervisor)
    finally:
        (folder / "holder.json").unlink(missing_ok=True)
        if placement.state.exists():
            (folder / RECORD).unlink(missing_ok=True)
            shutil.rmtree(placement.state)


def _announce(folder: Path, installation: Installation) -> None:
    me = {"pid": os.getpid(), "birth": processes.birth_of(os.getpid()), "servers": installation.running}
    draft = folder / "holder.new"
    draft.write_text(json.dumps(me))
    draft.replace(folder / "holder.json")


def _wait_while_used(folder: Path, supervisor: Supervisor) -> None:
    with (folder / "users").open("a") as users:
        while not _locked(users, fcntl.LOCK_EX):
            supervisor.watch()
            time.sleep(PULSE)


if __name__ == "__main__":
    try:
        hold(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
    except EmbeddedError as problem:
        sys.exit(str(problem))
