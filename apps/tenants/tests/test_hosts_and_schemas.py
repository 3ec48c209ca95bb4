"""Which host, which schema and which session: found from wherever it is asked, and asked again after a while."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app
from django.db import close_old_connections, connection
from django_tenants.utils import schema_context

from apps.core import degraded
from apps.tenants import hosts, tasks
from apps.tenants.backend import base
from apps.tenants.models import Domain
from apps.tenants.routers import TenantRouter

pytestmark = pytest.mark.requirement("DB-002")


@pytest.mark.parametrize(("seconds", "schema"), [(60, "remembered"), (-1, "acme")])
def test_a_host_is_remembered_for_a_while(acme: Any, seconds: int, schema: str) -> None:
    held = hosts.Host("remembered", None, "", "", True, "acme.localhost")
    hosts._known["acme.localhost"] = (time.monotonic() + seconds, held)

    found = hosts.find("acme.localhost")

    assert found is not None
    assert found.schema_name == schema


@pytest.mark.parametrize(("seconds", "schemas"), [(60, {"remembered"}), (-1, set())])
def test_so_is_who_is_suspended(acme: Any, seconds: int, schemas: set[str]) -> None:
    hosts._suspended[:] = [(time.monotonic() + seconds, {"remembered"})]

    assert hosts.suspended_schemas() == schemas


def test_a_host_is_found_from_within_another_tenant(acme: Any) -> None:
    found = [hosts.find(name) for name in ("beta.localhost", "acme.localhost", "gamma.localhost")]

    assert [one and one.schema_name for one in found] == ["beta", "acme", None]


def test_a_tenant_is_at_home_at_its_primary_host() -> None:
    domains = [Domain(domain="old.example"), Domain(domain="new.example", is_primary=True)]
    domains[0].is_primary = False
    tenant: Any = SimpleNamespace(domains=SimpleNamespace(all=lambda: domains))

    assert hosts.home_of(tenant).partition("://")[2].startswith("new.example")


@pytest.mark.parametrize(
    ("schema", "app", "may"),
    [
        ("public", "tenants", None),
        ("public", "campaigns", False),
        ("acme", "campaigns", None),
        ("acme", "tenants", False),
    ],
)
def test_tables_are_made_where_their_app_lives(db: None, schema: str, app: str, may: bool | None) -> None:
    with schema_context(schema):
        assert TenantRouter().allow_migrate("default", app) is may


@pytest.mark.parametrize(("missing", "sent"), [("redis", []), ("", [("core.deliver_events", "audit")])])
def test_workers_are_woken_where_there_is_a_broker(
    monkeypatch: pytest.MonkeyPatch, missing: str, sent: list[tuple[str, str]]
) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(degraded, "missing", lambda part: part if part == missing else None)
    monkeypatch.setattr(current_app, "send_task", lambda name, *, queue, **_: told.append((name, queue)))

    tasks.wake_workers("audit")

    assert told == sent


@pytest.fixture
def session(committed: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The session of this thread, which is kept from one request to the next."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 600)
    connection.close()
    connection.ensure_connection()
    return connection.connection


def test_a_session_of_which_the_server_says_nothing_is_kept_unasked(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "is_usable", lambda: pytest.fail("it was asked"))

    close_old_connections()

    assert connection.connection is session
    connection.close()


@pytest.mark.parametrize("usable", [True, False])
def test_one_of_which_it_says_something_is_asked(session: Any, monkeypatch: pytest.MonkeyPatch, usable: bool) -> None:
    monkeypatch.setattr(base, "_has_word", lambda session: True)
    monkeypatch.setattr(connection, "is_usable", lambda: usable)

    close_old_connections()

    assert (connection.connection is session) is usable
    connection.close()


def test_who_has_no_session_has_none_to_end(committed: None) -> None:
    other: Any = connection.copy()

    other.commit()
    other.close_if_unusable_or_obsolete()
    other.close()

    assert other.connection is None
