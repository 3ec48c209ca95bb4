"""Two roles: the owner migrates and makes roles, the runtime role owns nothing; the same on PostgreSQL 15."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from resimate_servers.installation import with_role
from resimate_servers.postgres import distribution
from resimate_servers.provisioning import ensure_app_role, ensure_roles_and_database
from resimate_servers.testing import TestServers, start_test_servers

old = pytest.mark.skipif(distribution(15) is None, reason="PostgreSQL 15 is not installed")


@pytest.fixture(
    scope="module", params=[None, pytest.param(15, marks=[pytest.mark.thorough, old])], ids=["newest", "15"]
)
def servers(request: pytest.FixtureRequest) -> Iterator[TestServers]:
    with tempfile.TemporaryDirectory(prefix="resimate-") as parent:
        Path(parent).chmod(0o711)
        started = start_test_servers(Path(parent) / "data", postgres_major=request.param)
        yield started
        started.stop()


def _one(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        return row and row[0]


def _in_lab(url: str) -> str:
    return f"{url.rpartition('/')[0]}/lab"


def test_the_owner_owns_the_database_and_is_no_superuser(servers: TestServers) -> None:
    with psycopg.connect(servers.owner_url, autocommit=True) as owner:
        owner.execute("CREATE SCHEMA beta")
        owner.execute("CREATE ROLE t_beta NOLOGIN")
        owner.execute("GRANT t_beta TO resimate_app")

        facts = owner.execute("SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user").fetchone()

    assert facts == (False, True)


def test_the_runtime_role_can_connect_and_make_nothing(servers: TestServers) -> None:
    with psycopg.connect(servers.app_url, autocommit=True) as app:
        for statement in ("CREATE TABLE public.x ()", "CREATE SCHEMA x", "CREATE TEMP TABLE x ()", "CREATE ROLE x"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(statement)


def test_the_runtime_role_inherits_nothing_until_it_switches(servers: TestServers) -> None:
    with psycopg.connect(servers.owner_url, autocommit=True) as owner:
        owner.execute("CREATE SCHEMA acme; CREATE TABLE acme.secret (); CREATE ROLE t_acme NOLOGIN")
        owner.execute("GRANT USAGE ON SCHEMA acme TO t_acme; GRANT SELECT ON acme.secret TO t_acme")
        owner.execute("GRANT t_acme TO resimate_app")

    with psycopg.connect(servers.app_url, autocommit=True) as app:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("SELECT * FROM acme.secret")
        app.execute("SET ROLE t_acme")
        assert app.execute("SELECT count(*) FROM acme.secret").fetchone() == (0,)


def test_text_sorts_by_code_point_in_utf8(servers: TestServers) -> None:
    assert _one(servers.app_url, "SHOW server_encoding") == "UTF8"
    assert _one(servers.app_url, "SELECT lower('ÄÖ') || ('Z' < 'a')::text") == "äötrue"


def test_preparing_twice_changes_nothing_but_the_passwords(servers: TestServers) -> None:
    names = {"database": "lab two", "owner": "lab_owner", "app": "lab_two_app"}

    for passwords in (
        {"owner_password": "old", "app_password": "old"},
        {"owner_password": "a'b", "app_password": 'c"d'},
    ):
        ensure_roles_and_database(servers.superuser_url, **names, **passwords)

    url = f"{servers.app_url.rpartition('/')[0]}/lab%20two"
    assert _one(with_role(url, "lab_two_app", 'c"d'), "SELECT current_user") == "lab_two_app"
    assert _one(with_role(url, "lab_owner", "a'b"), "SELECT current_user") == "lab_owner"


def test_a_server_that_is_not_ours_gets_the_runtime_role_from_its_owner(servers: TestServers) -> None:
    with psycopg.connect(servers.superuser_url, autocommit=True) as admin:
        admin.execute("CREATE ROLE landlord LOGIN CREATEROLE PASSWORD 'pw'")
        admin.execute("CREATE DATABASE lab OWNER landlord")
    owner_url = _in_lab(with_role(servers.owner_url, "landlord", "pw"))

    for _ in range(2):
        ensure_app_role(owner_url, app="lab_app", app_password="secret")

    app_url = with_role(owner_url, "lab_app", "secret")
    assert _one(app_url, "SELECT current_database()") == "lab"
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        _one(_in_lab(servers.app_url), "SELECT 1")
