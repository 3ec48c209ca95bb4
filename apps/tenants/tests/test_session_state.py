"""The remembered state of a session is never another one than the server's, whatever happened in between."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import Error, IntegrityError, close_old_connections, connection, transaction
from django_tenants.utils import schema_context

from apps.core.fields import new_id
from apps.core.models import EventDelivery
from apps.core.sql import tenant_role

pytestmark = [pytest.mark.requirement("DB-002"), pytest.mark.usefixtures("committed")]


@pytest.fixture(autouse=True)
def _new_session() -> Iterator[None]:
    connection.close()
    yield
    connection.close()


def _where() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema(), current_user")
        return cursor.fetchone()


def _fail() -> None:
    """Fail in the database and go on as if nothing had happened."""
    with pytest.raises(Error), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")


def test_a_commit_of_a_failed_transaction_takes_the_switch_back_and_is_noticed() -> None:
    with schema_context("beta"):
        _where()
    with transaction.atomic(), schema_context("acme"):
        _fail()

    with schema_context("acme"):
        assert _where() == ("acme", tenant_role("acme"))


def test_a_commit_that_is_refused_is_noticed(now: datetime) -> None:
    with schema_context("beta"):
        _where()
    with schema_context("acme"):
        with pytest.raises(IntegrityError), transaction.atomic():
            EventDelivery.objects.create(event_id=new_id(), subscriber="of no event", due_at=now)

        assert _where() == ("acme", tenant_role("acme"))


def test_a_failure_in_another_tenant_ends_its_savepoint_and_no_more() -> None:
    with schema_context("acme"), transaction.atomic():
        with pytest.raises(Error), transaction.atomic(), schema_context("beta"), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")

        assert _where() == ("acme", tenant_role("acme"))


def test_a_savepoint_that_is_rolled_back_takes_its_switch_back_and_is_noticed() -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic(), schema_context("beta"):
            raise ZeroDivisionError(_where())
        with schema_context("beta"):
            assert _where() == ("beta", tenant_role("beta"))


def test_a_temporary_table_hides_no_table_of_the_next_tenant() -> None:
    with schema_context("acme"), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE accounts_role (code text)")
    with schema_context("beta"), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_role")
        assert cursor.fetchone() == (7,)


@pytest.fixture
def _sessions_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 600)


@pytest.mark.usefixtures("_sessions_are_kept")
def test_a_session_that_the_server_has_ended_is_left_before_the_next_request() -> None:
    """A thread keeps its session from one request to the next, and a database that was restarted ends them all."""
    with schema_context("acme"):
        _where()
    _end_it_from_outside()

    close_old_connections()

    with schema_context("acme"):
        assert _where() == ("acme", tenant_role("acme"))


@pytest.mark.usefixtures("_sessions_are_kept")
def test_a_session_that_is_alive_is_kept() -> None:
    with schema_context("acme"):
        _where()
    kept = connection.connection

    close_old_connections()

    assert connection.connection is kept


def _end_it_from_outside() -> None:
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    other.close()


def test_no_code_but_the_backend_changes_the_state_of_a_session() -> None:
    """Nobody would notice: the session goes back to the pool with it. What is ``true`` ends with its transaction,
    and what a function sets for itself (``SECURITY DEFINER SET …``) with the function.
    """
    changes = re.compile(
        r"\b(?:SET ROLE|SET SESSION|(?<!DEFINER )SET search_path|RESET (?:ROLE|ALL|search_path)|DISCARD ALL)\b"
        r"|set_config\('(?:search_path|role)', [^,]+, false\)"
    )
    root = Path(__file__).parents[3]
    sources = [path for package in root.glob("*/__init__.py") for path in package.parent.rglob("*.py")]
    found = {str(path.relative_to(root)) for path in sources if changes.search(path.read_text())}

    assert {name for name in found if "/tests/" not in name} == {"apps/tenants/backend/base.py"}
