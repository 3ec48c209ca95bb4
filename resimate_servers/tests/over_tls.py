"""A real PostgreSQL and a real Redis of Debian's on this machine that speak TLS: the embedded ones cannot."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from resimate_servers import ports, postgres, processes
from resimate_servers.placement import server_account
from resimate_servers.processes import wait_until
from resimate_servers.tests.toxiproxy import needed

UNPACKED: Final = Path(__file__).parents[2] / "build/peers/redis"
INSTALLED: Final = Path("/usr/bin/redis-server")
#: Of PostgreSQL's superuser, and of Redis.
PASSWORD: Final = "only-for-tests"
#: Who comes without TLS is not even asked for a password.
ACCESS: Final = "hostssl all all 127.0.0.1/32 scram-sha-256\n"


@contextmanager
def postgres_over_tls(certificate: Path, key: Path) -> Iterator[int]:
    """The port of a new PostgreSQL whose superuser is ``postgres``."""
    found = postgres.distribution()
    binaries = needed(found.folder if found else None, "the distribution's PostgreSQL")
    port, account = ports.choose("postgres over tls", {}), server_account()
    with _folder() as home:
        for name, source in (("server.pem", certificate), ("server.key", key)):
            _given(home / name, source.read_text())
        _given(home / "password", PASSWORD)
        login = ["-U", "postgres", "-A", "scram-sha-256", f"--pwfile={home / 'password'}"]
        made = processes.run([binaries / "initdb", "-D", home / "data", *login, "--no-sync"], account=account)
        assert made.returncode == 0, made.stdout
        _given(home / "data/pg_hba.conf", ACCESS)
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "ssl": "on",
            "ssl_cert_file": str(home / "server.pem"),
            "ssl_key_file": str(home / "server.key"),
        }
        options: list[str | Path] = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [binaries / "postgres", "-D", home / "data", "-p", str(port), *options]
        with _running(command, home, signal.SIGINT):
            assert wait_until(lambda: _takes(port), 60), (home / "log").read_text()
            yield port


@contextmanager
def redis_over_tls(certificate: Path, key: Path) -> Iterator[int]:
    """The port of a new Redis; what comes without TLS it does not understand."""
    root = Path("/") if INSTALLED.exists() else UNPACKED
    program = needed(root / "usr/bin/redis-server", "Debian's redis-server")
    port = ports.choose("redis over tls", {})
    with _folder() as home:
        for name, source in (("server.pem", certificate), ("server.key", key)):
            _given(home / name, source.read_text())
        tls: list[str | Path] = [
            "--tls-port",
            str(port),
            "--tls-cert-file",
            home / "server.pem",
            "--tls-key-file",
            home / "server.key",
        ]
        more: list[str | Path] = [
            "--port",
            "0",
            "--tls-auth-clients",
            "no",
            "--requirepass",
            PASSWORD,
            "--save",
            "",
            "--dir",
            home,
        ]
        with _running([program, *tls, *more, "--bind", "127.0.0.1"], home, signal.SIGTERM):
            assert wait_until(lambda: ports.answers(port), 60), (home / "log").read_text()
            yield port


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that the servers of root can reach too."""
    home = Path(tempfile.mkdtemp(prefix="resimate-tls-"))
    account = server_account()
    if account is not None:
        os.chown(home, account.uid, account.gid)
    try:
        yield home
    finally:
        shutil.rmtree(home)


def _given(path: Path, content: str) -> None:
    """A file of the server's own: PostgreSQL takes no key that others can read."""
    path.touch(mode=0o600)
    path.write_text(content)
    account = server_account()
    if account is not None:
        os.chown(path, account.uid, account.gid)


@contextmanager
def _running(command: list[str | Path], home: Path, end: signal.Signals) -> Iterator[None]:
    libraries = ":".join(str(one) for one in UNPACKED.glob("usr/lib/*-linux-gnu"))
    account = server_account()
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [str(part) for part in command],
            stdout=log,
            stderr=log,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "LD_LIBRARY_PATH": libraries},
            user=account.uid if account else None,
            group=account.gid if account else None,
            cwd=home,
        )
    try:
        yield
    finally:
        server.send_signal(end)
        server.wait(60)


def _takes(port: int) -> bool:
    try:
        psycopg.connect(url_of(port, "sslmode=require"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def url_of(port: int, query: str, host: str = "localhost") -> str:
    """The address of that PostgreSQL for its superuser."""
    return f"postgresql://postgres:{PASSWORD}@{host}:{port}/postgres?{query}"
