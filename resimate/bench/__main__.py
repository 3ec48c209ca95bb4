"""``make bench``: a table, and the same as JSON in ``build/bench.json``.

``python -m resimate.bench engine fields`` does these parts alone; ``engine`` needs no server.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from resimate.bench import engine

Part = Callable[[dict[str, str]], Iterable[dict[str, Any]]]
ROOT = Path(__file__).resolve().parents[2]
THREADS = ("--blocking-threads", "4")
PRODUCT = ("rsgi", "--http", "1", "--factory", "resimate.front:door")
BARE = ("wsgi", *THREADS, "--factory", "django.core.wsgi:get_wsgi_application")
PEER = ("asgi", "--loop", "uvloop", "resimate.bench.peer:app")
#: What the list is held against: a bare Django view, and FastAPI with asyncpg.
LIST_BARS = (("bare view", 0.6), ("FastAPI + asyncpg", 0.35))
SEED = """
import django; django.setup()
from datetime import UTC, datetime
from django.utils import timezone
from django_tenants.utils import schema_context
from apps.accounts import services as accounts
from apps.accounts.models import Role
from apps.configuration import services as configuration
from apps.models import services, starters
now = timezone.now()
with schema_context("acme"):
    for group in ("models", "default"):
        configuration.change(f"api.rate.{group}", 100_000_000, now=now)
    user = accounts.create_user("bench@acme.example", password="correct horse battery", now=now)
    accounts.grant_role(user, Role.objects.get(code="model_analyst"), acting_user=None, now=now)
    document = starters.load("organisational_resilience")
    for number in range(200):
        services.import_document({**document, "code": f"model{number}"}, acting_user=None, now=now)
    print(accounts.create_api_key(user, name="bench", now=now, acting_user=user)[1])
"""
SCORING = """
import django; django.setup()
from resimate.bench import scoring
scoring.main()
"""
FIELDS = """
import django; django.setup()
from resimate.bench import fields
fields.main()
"""
PERMISSIONS = """
import django; django.setup()
from resimate.bench import permissions
permissions.main()
"""
TENANTS = """
import django; django.setup()
import sys, time
from django.utils import timezone
from apps.tenants import fleet, services
for number in range(int(sys.argv[1])):
    services.create_tenant(f"t{number}", name="T", now=timezone.now())
took = []
for number in range(5):
    began = time.perf_counter()
    services.create_tenant(f"u{number}", name="U", now=timezone.now())
    took.append(time.perf_counter() - began)
began = time.perf_counter()
fleet.plan()
print(sorted(took)[2], time.perf_counter() - began)
"""


def main() -> None:
    """All parts, or those that are named."""
    asked = sys.argv[1:] or ["engine", *OF_A_SERVICE]
    if unknown := sorted({*asked} - {"engine", *OF_A_SERVICE}):
        raise SystemExit(f"There is no part {', '.join(unknown)}: engine, {', '.join(OF_A_SERVICE)}.")
    rows = list(engine.rows()) if "engine" in asked else []
    if parts := [part for name, part in OF_A_SERVICE.items() if name in asked]:
        rows += service(parts)
    _report(rows)


def service(parts: list[Part]) -> list[dict[str, Any]]:
    """What needs servers, on a database of its own."""
    from resimate.tests import database as databases  # starts them

    name = f"bench_{os.getpid()}"
    databases.make_database(name)
    environment = {
        **os.environ,
        "DATABASE_URL": databases.url_of(databases.SERVERS.app_url, name),
        "DATABASE_OWNER_URL": databases.url_of(databases.SERVERS.owner_url, name),
        "DATABASE_MAX_AGE": "600",
        "LOG_LEVEL": "WARNING",
    }
    try:
        return [row for part in parts for row in part(environment)]
    finally:
        databases.drop_database(name)
        databases.SERVERS.stop()


def list_of_models(environment: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The signed-in, tenant-scoped, permission-filtered list of 50 models beside what does nothing of it, turn by turn.

    The database is analysed first, as that of a server in use is.
    """
    key = _python(SEED, environment).strip().splitlines()[-1]
    _analyse(environment)
    with (
        _serving(environment, *PRODUCT) as product,
        _serving({**environment, "DJANGO_SETTINGS_MODULE": "resimate.bench.settings_bare"}, *BARE) as bare,
        _serving(environment, *PEER) as peer,
    ):
        ours = _load(product, {"Host": "acme.localhost", "Authorization": f"Bearer {key}"})
        others = [_load(port, {"Host": "acme.localhost"}) for port in (bare, peer)]
        rounds = [[run(seconds) for run in (ours, *others)] for seconds in (1, 3, 3, 3, 3, 3)][1:]
    for number, (name, bar) in enumerate(LIST_BARS, start=1):
        yield _share(name, [(rates[0], rates[number]) for rates in rounds], bar)


def _share(name: str, pairs: list[tuple[float, float]], bar: float) -> dict[str, Any]:
    ratio = statistics.median(a / b for a, b in pairs)
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    return {
        "what": f"list of 50 models / {name}",
        "value": round(ratio, 3),
        "unit": "ratio",
        "bar": f">= {bar}",
        "met": ratio >= bar,
        "detail": f"{ours:.0f}/s against {theirs:.0f}/s",
    }


def _analyse(environment: dict[str, str]) -> None:
    import psycopg

    with psycopg.connect(environment["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute("ANALYZE")


def tenants(environment: dict[str, str]) -> Iterator[dict[str, Any]]:
    made, planned = map(float, _python(TENANTS, environment, "200").split()[-2:])
    yield _seconds("create a tenant beside 200", made, 0.5)
    yield _seconds("migrate_tenants --plan over 205", planned, 1.0)


def _rows(code: str, environment: dict[str, str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(_python(code, environment).splitlines()[-1])
    return rows


def _seconds(what: str, value: float, bar: float) -> dict[str, Any]:
    return {"what": what, "value": round(value, 3), "unit": "s", "bar": f"<= {bar}", "met": value <= bar, "detail": ""}


def _load(port: int, headers: dict[str, str]) -> Callable[[float], float]:
    from resimate.bench.load import requests_per_second

    def run(seconds: float) -> float:
        return requests_per_second(port, "/api/v1/models/", headers, connections=8, seconds=seconds)

    return run


def _python(code: str, environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout  # noqa: S603  our own


@contextmanager
def _serving(environment: dict[str, str], interface: str, *target: str) -> Iterator[int]:
    from resimate_servers import ports, processes

    port = ports.choose("bench", {})
    command = [sys.executable, "-m", "granian", "--interface", interface, "--port", str(port), "--workers", "1"]
    command += ["--no-ws", "--log-level", "error", *target]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)  # noqa: S603  our own
    try:
        if not processes.wait_until(lambda: ports.answers(port), 30):
            raise RuntimeError("the server did not start")
        time.sleep(1)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _build() -> str:
    """Which interpreter was measured: that of a distribution is built with optimisation, many others are not."""
    of_the_system = Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED").exists()
    build = "of the system" if of_the_system else "built elsewhere"
    return f"{platform.python_implementation()} {platform.python_version()} ({build}), {os.cpu_count()} cores"


def _report(rows: list[dict[str, Any]]) -> None:
    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"interpreter": _build(), "rows": rows}, indent=1))
    sys.stdout.write(f"{_build()}\n")
    for row in rows:
        met = "" if not row["bar"] else "met" if row["met"] else "MISSED"
        line = f"{row['what']:<42}{row['value']:>10} {row['unit']:<6}{row['bar']:<9}{met:<7}"
        sys.stdout.write(f"{line}{row['detail']}\n")


#: In this order: each leaves its rows behind, and the list is to be that of an installation without others.
OF_A_SERVICE: dict[str, Part] = {
    "list": list_of_models,
    "tenants": tenants,
    "fields": partial(_rows, FIELDS),
    "scoring": partial(_rows, SCORING),
    "permissions": partial(_rows, PERMISSIONS),
}


if __name__ == "__main__":
    main()
