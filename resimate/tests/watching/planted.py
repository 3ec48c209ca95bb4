"""Addresses that do with a query what none of ours may: what watches has to see each."""

import os
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from psycopg import sql


def _asked(statement: Any, parameters: Any = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()[0]


def _written(sent: str) -> Any:
    """By psycopg itself, past Django."""
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT 1 AS {}").format(sql.Identifier(sent)))


def _called(host: str) -> None:
    with socket.socket() as line:
        line.settimeout(0.01)
        line.connect((host, 9))


DEEDS: dict[str, Callable[[str], Any]] = {
    "bound": lambda sent: _asked("SELECT %s", [sent]),
    "concatenated": lambda sent: _asked(f"SELECT '{sent}'"),
    "written": _written,
    "opened": lambda sent: Path(f"/tmp/{sent}").read_text(),  # noqa: S108  it is not there
    "listed": lambda sent: os.listdir(f"/{sent}"),
    "elsewhere": lambda _: Path("/opt/other").write_text(""),
    "called": lambda sent: socket.getaddrinfo(f"{sent}.example", 80),  # noqa: TID251  that is what is looked for
    "called-off-the-list": lambda _: _called("192.0.2.7"),
    "started": lambda sent: subprocess.run(["/nowhere", sent], check=False),
    "started-off-the-list": lambda _: os.posix_spawn("/nowhere", ["x"], {}),
    "evaluated": lambda sent: eval(f"'{sent}'"),  # noqa: S307  that is what is looked for
    "imported": __import__,
}


def _view(deed: Callable[[str], Any]) -> Callable[[HttpRequest], HttpResponse]:
    def answer(request: HttpRequest) -> HttpResponse:
        with suppress(OSError, ImportError):
            return HttpResponse(str(deed(request.GET["sent"])))
        return HttpResponse(status=500)

    return answer


urlpatterns = [path(f"{name}/", _view(deed)) for name, deed in DEEDS.items()]
