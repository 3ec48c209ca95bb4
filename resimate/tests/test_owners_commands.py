"""What takes the owner of the schemas says so to a role that is not, and the doctor calls nothing of it a fault."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from resimate.tests.database import ROOT, SERVERS, drop_database, make_database, url_of, worker_number

pytestmark = pytest.mark.requirement("AR-003")


@pytest.fixture(scope="module")
def runtime() -> Iterator[dict[str, str]]:
    """The environment of a worker: of the database it knows the runtime role alone."""
    name = f"test_owners_{worker_number()}"
    make_database(name)
    url = url_of(SERVERS.app_url, name)
    yield {**os.environ, "DATABASE_URL": url, "DATABASE_OWNER_URL": url}
    drop_database(name)


def _manage(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "words",
    [("tenants", "create", "gamma", "--name", "Gamma", "--admin-email", "ada@gamma.example"), ("migrate_tenants",)],
    ids=lambda words: words[0],
)
def test_a_command_of_the_owner_says_so_in_a_sentence(runtime: dict[str, str], words: tuple[str, ...]) -> None:
    done = _manage(runtime, *words)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "permission denied" in done.stderr
    assert "What takes the owner of the schemas runs with DATABASE_OWNER_URL" in done.stderr


def test_the_doctor_of_a_worker_finds_no_fault_with_migrations(runtime: dict[str, str]) -> None:
    environment = {name: value for name, value in runtime.items() if name != "DATABASE_OWNER_URL"}
    done = _manage(environment, "doctor", "--json")
    assert done.stdout, done.stderr
    found = {one["what"]: one for one in json.loads(done.stdout)}

    assert found["migrations"]["well"], found["migrations"]
    assert found["migrations"]["detail"].startswith("applied to the shared tables")


def test_the_doctor_blames_the_database_alone_where_that_is_away(runtime: dict[str, str]) -> None:
    away = "postgres://a:b@127.0.0.1:1/c"
    nowhere = runtime | {"DATABASE_URL": away, "DATABASE_OWNER_URL": away}

    found = {one["what"]: one for one in json.loads(_manage(nowhere, "doctor", "--json").stdout)}

    assert "DATABASE_URL" in found["database"]["mend"]
    others = {name: one["mend"] for name, one in found.items() if not one["well"] and name != "database"}
    assert {"migrations", "published versions"} <= set(others)
    assert {
        mend for name, mend in others.items() if name in ("migrations", "published versions", "mail", "runtime role")
    } == {"see to the database: this part needs it"}
