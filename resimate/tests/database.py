"""Servers and databases of the test suite: imported first of all, because settings read what it finds.

The servers are the suite's own (never those of ``make run``), started once and shared. A template database is migrated
once for each state of the code; whoever needs a database gets a copy, with the tenants ``acme`` and ``beta`` in it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from resimate_servers.testing import start_test_servers

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
THOROUGH = os.environ.get("RESIMATE_THOROUGH") == "1"
OLD_POSTGRES = os.environ.get("RESIMATE_TEST_POSTGRES")
LOAD = os.environ.get("RESIMATE_LOAD") == "1"
IMAGE = os.environ.get("RESIMATE_BUILT_IMAGE") == "1"
CLUSTER = os.environ.get("RESIMATE_CLUSTER") == "1"


def _start_servers() -> Any:
    major = int(OLD_POSTGRES) if OLD_POSTGRES else None
    servers = start_test_servers(ROOT / "build" / "test-servers", postgres_major=major)
    (ROOT / "build" / "test-data" / "static").mkdir(parents=True, exist_ok=True)
    os.environ.update(
        DATABASE_URL=servers.app_url,
        DATABASE_OWNER_URL=servers.owner_url,
        REDIS_URL=servers.redis_url.removesuffix("/0") + f"/{worker_number()}",
        EMAIL_URL="smtp://127.0.0.1:1",
        RESIMATE_DATA_DIR=str(ROOT / "build" / "test-data"),
        SECRET_KEY="only-for-tests-" + "x" * 50,
        RESIMATE_ENV="development",
        DJANGO_SETTINGS_MODULE="resimate.settings",
        COLLECTED_STATIC="no",
        LOG_LEVEL="ERROR",
    )
    return servers


def worker_number() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


SERVERS = _start_servers()


def _digest_of_schema() -> str:
    """Changes whenever the template database would."""
    digest = hashlib.sha256()
    sources = [*ROOT.glob("apps/*/migrations/*.py"), *ROOT.glob("apps/tenants/*.py"), ROOT / "resimate/settings.py"]
    # The keys of the tenants in it are wrapped by the key-encryption key that the suite has.
    sources += [*ROOT.glob("apps/keys/[ps]*/*.py"), ROOT / "build" / "test-data" / "secrets.json"]
    for path in sorted([*sources, ROOT / "requirements.lock", Path(__file__), *ROOT.glob("apps/*/permissions.py")]):
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


def make_template() -> str:
    """Migrate in a process of its own, under a lock, and rename: a template is never half built. Returns its name."""
    import psycopg

    name = f"tpl_{_digest_of_schema()}"
    owner = urlsplit(SERVERS.owner_url).username
    with psycopg.connect(SERVERS.superuser_url, autocommit=True) as lock:
        lock.execute("SELECT pg_advisory_lock(7347)")
        if lock.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return name
        lock.execute(f'DROP DATABASE IF EXISTS "{name}_build" WITH (FORCE)')
        # What was rolled back has left its files, and a tenant whose files are left cannot be made.
        shutil.rmtree(ROOT / "build" / "test-data" / "files", ignore_errors=True)
        lock.execute(f'CREATE DATABASE "{name}_build" OWNER {owner} TEMPLATE template0')
        environment = {
            **os.environ,
            "DATABASE_URL": url_of(SERVERS.app_url, f"{name}_build"),
            "DATABASE_OWNER_URL": url_of(SERVERS.owner_url, f"{name}_build"),
        }
        subprocess.run([sys.executable, "-c", BUILD], cwd=ROOT, env=environment, check=True)
        lock.execute(f'ALTER DATABASE "{name}_build" RENAME TO "{name}"')
    return name


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


def url_of(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def make_database(name: str, *, template: str | None = None) -> None:
    source = template or make_template()
    owner = urlsplit(SERVERS.owner_url).username
    _admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _admin(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY file_copy OWNER {owner}')


def drop_database(name: str) -> None:
    _admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
