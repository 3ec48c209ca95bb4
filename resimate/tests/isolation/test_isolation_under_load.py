"""Twenty clients, three tenants, one web server whose connections are shared: nobody may ever see another's rows."""

import http.client
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from resimate.tests import database as databases
from resimate.tests.database import THOROUGH
from resimate_servers import ports, processes

ROOT = Path(__file__).parents[3]
TENANTS = ("acme", "beta", "gamma")
KINDS = ("read", "cursor", "write", "rollback", "error")
REQUESTS = 12_000 if THOROUGH else 450
#: How a process comes by its connections: few for all its threads, or one for each thread as long as that lives.
POOLED = {"DATABASE_POOL_SIZE": "4"}
KEPT = {"DATABASE_MAX_AGE": "600"}
in_short_and_in_full = pytest.mark.parametrize(
    "connections", [POOLED, pytest.param(KEPT, marks=pytest.mark.thorough)], ids=["pooled", "kept"]
)
SEED = """
import django; django.setup()
from datetime import UTC, datetime
from django_tenants.utils import schema_context
from apps.models.models import Subject
from apps.tenants import services
now = datetime(2026, 11, 2, tzinfo=UTC)
services.create_tenant("gamma", name="Gamma", now=now)
for slug in ("acme", "beta", "gamma"):
    with schema_context(slug):
        Subject.objects.bulk_create([Subject(code=f"{slug}_{n}", name=slug, created_at=now) for n in range(5)])
"""


@pytest.fixture(scope="module")
def database() -> Iterator[dict[str, str]]:
    name = f"test_isolation_{os.getpid()}"
    databases.make_database(name)
    environment = {
        **os.environ,
        "DATABASE_URL": databases.url_of(databases.SERVERS.app_url, name),
        "DATABASE_OWNER_URL": databases.url_of(databases.SERVERS.owner_url, name),
        "DJANGO_SETTINGS_MODULE": "resimate.tests.isolation.settings",
        "WEB_THREADS": "20",
    }
    subprocess.run([sys.executable, "-c", SEED], cwd=ROOT, env=environment, check=True)
    yield environment
    databases.drop_database(name)


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[int]:
    port = ports.choose("isolation", {})
    command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--http", "1", "--port", str(port)]
    command += ["--workers", "1", "--no-ws", "--log-level", "error", "--factory", "resimate.front:door"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        assert processes.wait_until(lambda: _status(port) == 200, 30)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _status(port: int) -> int:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/health/live")
        return connection.getresponse().status
    except OSError:
        return 0


def hammer(port: int, requests: int) -> tuple[int, list[dict[str, Any]]]:
    """Send the requests from 20 threads; returns how many were answered and every answer that shows a leak."""
    plan = itertools.islice(itertools.cycle(itertools.product(KINDS, TENANTS)), requests)
    work = list(plan)

    def client(number: int) -> tuple[int, list[dict[str, Any]]]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        leaks, answered = [], 0
        for kind, tenant in work[number::20]:
            connection.request("GET", f"/probe/{kind}/", headers={"Host": f"{tenant}.localhost"})
            response = connection.getresponse()
            body = response.read()
            answered += response.status == 200
            seen = json.loads(body) if response.status == 200 else {}
            own = seen.get("schema") == tenant and seen["role"].endswith(f"_t_{tenant}")
            if response.status == 200 and not (own and all(code.startswith(tenant) for code in seen["codes"])):
                leaks.append({"asked": tenant, **seen})
        return answered, leaks

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(client, range(20)))
    return sum(answered for answered, _ in results), [leak for _, leaks in results for leak in leaks]


@pytest.mark.requirement("DB-002")
@in_short_and_in_full
def test_no_request_sees_another_tenants_rows(database: dict[str, str], connections: dict[str, str]) -> None:
    with serving(database | connections) as port:
        answered, leaks = hammer(port, REQUESTS)

    assert leaks == []
    assert answered == REQUESTS


@pytest.mark.thorough
@pytest.mark.requirement("DB-002")
@in_short_and_in_full
def test_the_same_test_catches_a_backend_that_forgets_to_switch(
    database: dict[str, str], connections: dict[str, str]
) -> None:
    with serving({**database, **connections, "BREAK_THE_BACKEND": "1"}) as port:
        answered, leaks = hammer(port, 600)

    assert leaks or answered < 600
    assert leaks, "the broken backend was refused everywhere, so nothing shows that a leak would be seen"


@pytest.mark.requirement("DB-002")
@pytest.mark.parametrize("statement", ["SELECT * FROM {}", "DELETE FROM {}", "INSERT INTO {} (code) VALUES ('x')"])
def test_postgresql_itself_refuses_another_tenants_table(database: dict[str, str], statement: str) -> None:
    with psycopg.connect(database["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(
            "SELECT set_config('search_path', 'acme, public', false), set_config('role', 'resimate_t_acme', false)"
        )

        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for schema beta"):
            connection.execute(sql.SQL(statement).format(sql.Identifier("beta", "resilience_subject")))
