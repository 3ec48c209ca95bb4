"""Our own programs as children: web server, worker and scheduler."""

import http.client
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from apps.core.embedded import ports
from apps.core.embedded.supervisor import Child

CHECKOUT = Path(__file__).resolve().parents[3]
PYTHON = sys.executable
# Threads of one process share two arenas and one BLAS thread: several times less memory, no slower on small machines.
FRUGAL = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    return {**FRUGAL, **os.environ, **(extra or {})}


def web(port: int, *, host: str = ports.LOOPBACK, threads: int = 8, env: Mapping[str, str] | None = None) -> Child:
    """The web server: one process whose threads answer the requests."""
    return Child(
        name="web",
        title="web server",
        command=[
            *(PYTHON, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)),
            *("--workers", "1", "--blocking-threads", str(threads), "--no-ws", "--log-level", "warning"),
            *("--workers-kill-timeout", "25", "resimate.wsgi:application"),
        ],
        ready=lambda: responds(port),
        port=port,
        env=_environment(env),
        cwd=CHECKOUT,
    )


def worker(*, threads: int = 4, env: Mapping[str, str] | None = None) -> Child:
    """The worker; when it dies with the supervisor its unfinished tasks go back to the queue."""
    return Child(
        name="worker",
        title="worker",
        command=[
            *(PYTHON, "-m", "celery", "-A", "resimate", "worker", "--pool", "threads", "--concurrency", str(threads)),
            *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
        ],
        settling=1.5,
        env=_environment(env),
        cwd=CHECKOUT,
        death_signal=signal.SIGKILL,
    )


def scheduler(*, env: Mapping[str, str] | None = None) -> Child:
    return Child(
        name="scheduler",
        title="scheduler",
        command=[PYTHON, "-m", "celery", "-A", "resimate", "beat", "--loglevel", "WARNING", "--pidfile", ""],
        settling=1.5,
        env=_environment(env),
        cwd=CHECKOUT,
        death_signal=signal.SIGKILL,
        grace=5,
    )


def responds(port: int, path: str = "/health/live") -> bool:
    """Whether the web server gives any answer that is not an error of its own."""
    connection = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
