"""``make run``: the embedded servers, the database brought up to date, web, worker and scheduler, until Ctrl-C.

This module knows no Django, so the process that watches the others stays small.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping

from apps.core.observability.port import SERVED_TOGETHER, ManagementPort
from resimate import env, processes
from resimate.management_port import asking
from resimate.wishes import ROOT, Wishes, declare
from resimate_servers import ports
from resimate_servers.errors import EmbeddedError
from resimate_servers.installation import Installation, demo_password
from resimate_servers.servers import start_servers
from resimate_servers.supervisor import Child, Supervisor

SIGN_INS = (
    ("demo", "admin@demo.example"),
    ("demo", "analyst@demo.example"),
    ("hdi", "admin@hdi.example"),
    ("", "platform@localhost.example"),
)


def main(arguments: list[str]) -> int:
    if arguments:
        sys.stderr.write("manage.py up takes no arguments; the environment sets everything (docs/settings.md).\n")
        return 2
    try:
        _run()
    except (EmbeddedError, env.BadSetting) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run() -> None:
    wishes = declare()
    ports.require_free(wishes.port, "RESIMATE_PORT", wishes.host)
    ports.require_free(wishes.management_port, "RESIMATE_MANAGEMENT_PORT", wishes.management_host)
    with Installation.open(wishes.folder) as installation, Supervisor(installation) as supervisor:
        start_servers(supervisor, installation, wishes.given, role_prefix=wishes.role_prefix)
        settings = _environment(installation)
        supervisor.step("Preparing tables, pages and demo data", lambda: _prepare(settings))
        installation.record("public", port=wishes.public_port)
        supervisor.start(*_processes(settings, wishes))
        metrics = installation.folder / "metrics"
        probe = asking(wishes.host, wishes.port)
        supervisor.start_inside(ManagementPort(wishes.management_host, wishes.management_port, probe, metrics))
        supervisor.say(_welcome(installation, wishes))
        supervisor.run_forever()


def _environment(installation: Installation) -> dict[str, str]:
    metrics = installation.folder / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled modules halve the time to start
    return {
        **os.environ,
        "RESIMATE_DATA_DIR": str(installation.folder),
        "COLLECTED_STATIC": os.environ.get("COLLECTED_STATIC", "yes"),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        SERVED_TOGETHER: "yes",
        **processes.SMALL,
        # Celery's warning against root is about pickle, which this worker does not accept.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }


def _prepare(settings: Mapping[str, str]) -> None:
    done = subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=dict(settings), check=False)
    if done.returncode:
        raise EmbeddedError("The database could not be prepared; what went wrong stands above.")


def _processes(settings: Mapping[str, str], wishes: Wishes) -> list[Child]:
    host, port = wishes.host, wishes.port
    web, worker, scheduler = (
        [sys.executable, "-m", *processes.module(kind, host=host, port=port, workers=wishes.workers)]
        for kind in ("web", "worker", "scheduler")
    )
    address = f"http://{ports.LOOPBACK if host == '0.0.0.0' else host}:{port}/health/ready"  # noqa: S104  compared, not bound
    return [
        Child(
            "web",
            "web",
            web,
            lambda: _answers(address),
            port,
            env=_role(settings, "web"),
            cwd=ROOT,
        ),
        _background("worker", worker, settings, address),
        _background("scheduler", scheduler, settings, address),
    ]


def _background(name: str, command: list[str], settings: Mapping[str, str], address: str) -> Child:
    """A process without a port: it counts as started once the web server has seen it alive."""
    return Child(
        name,
        name,
        command,
        lambda: _sees(address, name),
        env=_role(settings, name),
        cwd=ROOT,
        settling=1.5,
        death_signal=signal.SIGKILL,
    )


def _role(settings: Mapping[str, str], role: str) -> dict[str, str]:
    return {**processes.CONNECTIONS[role], **settings, "RESIMATE_ROLE": role}


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:  # noqa: S310  our own address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _sees(address: str, process: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:  # noqa: S310  our own address
            return bool(json.load(response)["dependencies"][process]["up"])
    except (urllib.error.URLError, OSError):
        return False


def _welcome(installation: Installation, wishes: Wishes) -> str:
    port, domain = wishes.public_port, wishes.domain
    lines = ["", "Resimate is ready. Ctrl-C stops it; the data stay.", ""]
    for slug, email in SIGN_INS:
        host = f"{slug}.{domain}" if slug else domain
        lines.append(f"  http://{f'{host}:{port}/':<24} {email:<27} {demo_password(installation.folder, email)}")
    lines += ["", f"  mailbox  http://{domain}:{port}/dev/mail/", f"  API      http://demo.{domain}:{port}/api/docs/"]
    return "\n".join([*lines, f"  metrics  http://localhost:{wishes.management_port}/metrics", ""])
