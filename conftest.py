"""The test suite's database and tenants.

Servers of the suite's own (never those of ``make run``) are started once; a template database is migrated once for each
state of the code, and every run (and every xdist worker) works on its own copy. Two tenants exist: ``acme`` and
``beta``; tests run in ``acme`` unless they say otherwise.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parent
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
THOROUGH = os.environ.get("RESIMATE_THOROUGH") == "1"
CI = bool(os.environ.get("CI"))


def _start_servers() -> Any:
    from apps.core.embedded.testing import start_test_servers

    servers = start_test_servers(ROOT / "build" / "test-servers")
    os.environ.update(
        DATABASE_URL=servers.app_url,
        DATABASE_OWNER_URL=servers.owner_url,
        REDIS_URL=servers.redis_url.removesuffix("/0") + f"/{_worker_number()}",
        EMAIL_URL="smtp://127.0.0.1:1",
        RESIMATE_DATA_DIR=str(ROOT / "build" / "test-data"),
        SECRET_KEY="only-for-tests-" + "x" * 50,
        RESIMATE_ENV="development",
        COLLECTED_STATIC="no",
        LOG_LEVEL="ERROR",
    )
    return servers


def _worker_number() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


SERVERS = _start_servers()


def pytest_unconfigure() -> None:
    SERVERS.stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not THOROUGH:
        for item in items:
            if item.get_closest_marker("thorough"):
                item.add_marker(pytest.mark.skip(reason="long: runs in `make thorough`"))


def _digest_of_schema() -> str:
    """Changes whenever the template database would."""
    digest = hashlib.sha256()
    sources = [*ROOT.glob("apps/*/migrations/*.py"), *ROOT.glob("apps/tenants/*.py"), ROOT / "resimate/settings.py"]
    for path in sorted([*sources, ROOT / "requirements.lock", Path(__file__), ROOT / "apps/accounts/roles.py"]):
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:12]


def _admin(statement: str) -> Any:
    import psycopg

    with psycopg.connect(SERVERS.superuser_url, autocommit=True) as connection:
        return (
            connection.execute(statement).fetchone()
            if statement.startswith("SELECT")
            else connection.execute(statement)
        )


def _make_template(name: str) -> None:
    """Migrate in a process of its own, under a lock, and rename: a template is never half built."""
    import psycopg

    owner = urlsplit(SERVERS.owner_url).username
    with psycopg.connect(SERVERS.superuser_url, autocommit=True) as lock:
        lock.execute("SELECT pg_advisory_lock(7347)")
        if lock.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        lock.execute(f'DROP DATABASE IF EXISTS "{name}_build" WITH (FORCE)')
        lock.execute(f'CREATE DATABASE "{name}_build" OWNER {owner} TEMPLATE template0')
        environment = {
            **os.environ,
            "DATABASE_URL": _in_database(SERVERS.app_url, f"{name}_build"),
            "DATABASE_OWNER_URL": _in_database(SERVERS.owner_url, f"{name}_build"),
        }
        subprocess.run([sys.executable, "-c", BUILD], cwd=ROOT, env=environment, check=True)  # noqa: S603
        lock.execute(f'ALTER DATABASE "{name}_build" RENAME TO "{name}"')


BUILD = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "resimate.settings"
django.setup()
from datetime import UTC, datetime
from apps.tenants import fleet, services
fleet.migrate_all()
for slug in ("acme", "beta"):
    services.create_tenant(slug, name=slug.title(), now=datetime(2026, 11, 2, tzinfo=UTC))
"""


def _in_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def make_database(name: str, *, template: str | None = None) -> None:
    source = template or f"tpl_{_digest_of_schema()}"
    if template is None:
        _make_template(source)
    owner = urlsplit(SERVERS.owner_url).username
    _admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _admin(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY file_copy OWNER {owner}')


def drop_database(name: str) -> None:
    _admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    from django.conf import settings
    from django.db import connections

    name = f"test_{os.getpid()}_{_worker_number()}"
    make_database(name)
    with django_db_blocker.unblock():
        for alias in ("default", "owner"):
            connections[alias].close()
            settings.DATABASES[alias]["NAME"] = name
            connections[alias].settings_dict["NAME"] = name
    yield
    with django_db_blocker.unblock():
        for alias in ("default", "owner"):
            connections[alias].close()
    drop_database(name)


@pytest.fixture(autouse=True)
def _public_again(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test begins and ends in the public schema, with nothing remembered from the one before."""
    from django.core.cache import cache
    from django.db import connections

    from apps.configuration import services as configuration
    from apps.tenants import hosts

    def forget() -> None:
        for alias in ("default", "owner"):
            connections[alias].set_schema_to_public()  # type: ignore[attr-defined]
        hosts.forget()
        configuration._remembered.clear()

    forget()
    cache.clear()
    yield
    forget()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def acme(db: None) -> Iterator[Any]:
    """The tenant in which a test works."""
    from django_tenants.utils import tenant_context

    from apps.tenants.models import Tenant

    tenant = Tenant.objects.get(slug="acme")
    with tenant_context(tenant):
        yield tenant


@pytest.fixture
def beta(db: None) -> Any:
    """The other tenant, which must never be seen from the first."""
    from django_tenants.utils import schema_context

    from apps.tenants.models import Tenant

    with schema_context("public"):
        return Tenant.objects.get(slug="beta")
