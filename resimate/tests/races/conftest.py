"""Races commit for real, so they have a database of their own, which is thrown away afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from resimate.tests.database import NOW, drop_database, make_database, worker_number

if TYPE_CHECKING:
    from apps.accounts.models import User


@contextmanager
def _working_in(name: str) -> Iterator[None]:
    from django.conf import settings
    from django.db import connections

    before = {alias: settings.DATABASES[alias]["NAME"] for alias in ("default", "owner")}

    def use(names: dict[str, str]) -> None:
        for alias, one in names.items():
            connections[alias].close()
            connections[alias].close_pool()  # type: ignore[attr-defined]
            settings.DATABASES[alias]["NAME"] = connections[alias].settings_dict["NAME"] = one

    use(dict.fromkeys(before, name))
    try:
        yield
    finally:
        use(before)


@pytest.fixture(scope="module")
def arena(django_db_setup: None, django_db_blocker: Any, request: pytest.FixtureRequest) -> Iterator[None]:
    name = f"races_{request.module.__name__.rsplit('_', 1)[-1]}_{worker_number()}"
    make_database(name)
    with django_db_blocker.unblock(), _working_in(name):
        yield
    drop_database(name)


@pytest.fixture
def acme(arena: None) -> Iterator[None]:
    from django.db import connection
    from django_tenants.utils import schema_context

    with schema_context("acme"):
        yield
    connection.close()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    return NOW


@pytest.fixture
def ada(acme: None, now: datetime) -> "User":
    """An administrator of acme; each test has its own."""
    from apps.campaigns.tests.story import make_user
    from apps.core.fields import new_id

    return make_user(f"ada-{new_id()}@acme.example", now, "tenant_admin")
