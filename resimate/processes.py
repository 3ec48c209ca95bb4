"""The programs behind the roles, with their arguments: the launcher starts one of each, an image the one of its role.

This module knows no Django.
"""

from typing import Final

WEB: Final = ("--interface", "rsgi", "--http", "1", "--no-ws", "--backlog", "2048", "--log-level", "error")
LIMITS: Final = ("--http1-header-read-timeout", "15000", "--http1-buffer-size", "131072")
#: Requests under way have so long to end when the process is asked to; an orchestrator waits a little longer.
GRACE: Final = "25s"
CELERY: Final = ("celery", "--app", "resimate.celery", "--quiet")
WORKER: Final = ("--pool", "threads", "--without-gossip", "--without-mingle", "--without-heartbeat")
#: By kind: the threads of the web server stay, so each keeps its connection; those of a worker come and go.
CONNECTIONS: Final = {
    "web": {"DATABASE_MAX_AGE": "600"},
    "worker": {"DATABASE_POOL_SIZE": "5"},
    "scheduler": {"DATABASE_POOL_SIZE": "0"},
}
#: Few threads compute, so one arena and one BLAS thread each save tens of megabytes.
SMALL: Final = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}


def module(kind: str, *, host: str, port: int, workers: int) -> list[str]:
    """The module that is run, and its arguments."""
    if kind == "worker":
        return [*CELERY, "worker", *WORKER, "--concurrency", "4", "--loglevel", "WARNING"]
    if kind == "scheduler":
        return [*CELERY, "beat", "--loglevel", "WARNING", "--pidfile", ""]
    listening = ["--host", host, "--port", str(port), "--workers", str(workers), "--workers-kill-timeout", GRACE]
    door = ["--log-config", "resimate/front/logs.json", "--factory", "resimate.front:door"]
    return ["granian", *WEB, *LIMITS, *listening, *door]
