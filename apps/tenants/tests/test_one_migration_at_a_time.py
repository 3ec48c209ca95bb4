"""One migration at a time on a database, whoever starts it."""

from typing import Any

import psycopg
import pytest
from django.db import connections

from apps.tenants import fleet
from apps.tenants.provisioning import OWNER

pytestmark = pytest.mark.requirement("DB-002")


def test_whoever_else_would_migrate_waits(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    free: list[Any] = []
    with psycopg.connect(**connections[OWNER].get_connection_params(), autocommit=True) as other:

        def look(*_: str) -> None:
            free.append(other.execute("SELECT pg_try_advisory_lock(%s)", [fleet.LOCK]).fetchone())

        monkeypatch.setattr(fleet, "migrate_schema", look)
        fleet.migrate_all()
        look()

    assert free == [(False,), (False,), (True,)]
