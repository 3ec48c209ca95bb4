"""However long the product runs, every month has a partition; what fell beside one finds its place again."""

from datetime import datetime
from typing import Any

import pytest
from django.db import Error, connections, transaction

from apps import audit
from apps.audit import partitions
from apps.audit.models import AuditEntry
from apps.core.sql import tenant_role

pytestmark = [pytest.mark.requirement("DB-002"), pytest.mark.django_db(databases=["default", "owner"])]
THIS_MONTH = "'audit_entry_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')"


def ask(query: str, *parameters: Any) -> Any:
    """The first value that the owner gets."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()[0] if cursor.description else None


def make(months_later: int = 0, ahead: int = 2) -> int:
    return int(ask("SELECT audit_make_partitions_from(now() + make_interval(months => %s), %s)", months_later, ahead))


@pytest.fixture
def detached(db: None) -> str:
    """The name of this month's partition, which is gone: entries of now fall into the default one."""
    name: str = ask(f"SELECT {THIS_MONTH}")
    ask(f"ALTER TABLE audit_entry DETACH PARTITION {name}")
    ask(f"DROP TABLE {name}")
    return name


def record(now: datetime, count: int) -> None:
    for _ in range(count):
        audit.record("thing.done", now=now, using="owner")


def test_entries_of_the_default_partition_move_unchanged_before_their_month_is_made(
    detached: str, now: datetime
) -> None:
    record(now, 3)
    trail = "SELECT array_agg(row(id, recorded_at, xid, digest)::text ORDER BY id) FROM"
    before = ask(f"{trail} audit_entry_default")

    assert make() == 1

    assert ask(f"{trail} {detached}") == before == ask(f"{trail} audit_entry WHERE action = 'thing.done'")
    assert ask("SELECT count(*) FROM audit_entry_default") == 0
    record(now, 1)
    assert ask(f"SELECT count(*) FROM {detached}") == 4


def test_the_default_partition_keeps_its_protection_after_rows_moved(detached: str, now: datetime) -> None:
    record(now, 1)
    make()

    assert ask(
        "SELECT bool_and(tgenabled = 'O') AND count(*) >= 3 FROM pg_trigger"
        " WHERE tgrelid = 'audit_entry_default'::regclass"
    )


@pytest.mark.parametrize("statement", ["UPDATE {} SET action = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_a_partition_that_is_made_later_is_append_only_for_everybody(
    detached: str, now: datetime, statement: str
) -> None:
    make()
    record(now, 1)

    with pytest.raises(Error, match="append-only"), transaction.atomic(using="owner"):
        ask(statement.format(detached))


def test_a_partition_that_is_made_later_is_out_of_a_tenants_reach(detached: str) -> None:
    make()

    for role in (tenant_role("acme"), "public"):
        rights = "SELECT has_table_privilege(%s, %s, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')"
        assert ask(rights, role, detached) is False


def test_a_partition_that_was_only_detached_comes_back_with_its_entries(db: None, now: datetime) -> None:
    record(now, 2)
    name = ask(f"SELECT {THIS_MONTH}")
    ask(f"ALTER TABLE audit_entry DETACH PARTITION {name}")
    record(now, 1)

    assert make() == 1

    assert ask("SELECT count(*) FROM audit_entry WHERE action = 'thing.done'") == 3
    assert ask(f"SELECT count(*) FROM {name} WHERE action = 'thing.done'") == 3


def test_half_a_year_without_a_start_leaves_no_month_without_a_partition(db: None) -> None:
    made = [make(months_later=month) for month in range(7)]

    assert sum(made) >= 5
    for month in range(9):
        name = f"audit_entry_{ask('SELECT to_char(now() + make_interval(months => %s), %s)', month, 'YYYY_MM')}"
        assert ask("SELECT to_regclass(%s) IS NOT NULL", name)


def test_old_months_that_fell_into_the_default_partition_are_healed_too(db: None, now: datetime) -> None:
    ask("ALTER TABLE audit_entry_default DISABLE TRIGGER stamp")
    for months in (14, 12, 12):
        ask(
            "INSERT INTO audit_entry_default SELECT gen_random_uuid(), 'acme', now() - make_interval(months => %s),"
            " now(), 'data', 'thing.done', 'success', '', '', '', '', '', '', '', '{}', 1, '7', ''",
            months,
        )
    ask("ALTER TABLE audit_entry_default ENABLE TRIGGER stamp")

    assert make() == 2
    assert ask("SELECT count(*) FROM audit_entry_default") == 0
    assert AuditEntry.objects.using("owner").filter(action="thing.done").count() == 3


def test_the_runtime_role_makes_months_ahead_and_nothing_else(db: None) -> None:
    assert partitions.make_ahead() == partitions.MONTHS_AHEAD - 3  # the installation made three
    assert partitions.make_ahead() == 0
    for statement in ("SELECT audit_make_partitions(25)", "SELECT audit_make_partitions_from(now(), 1)"):
        with pytest.raises(Error), transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute(statement)


def test_what_is_wrong_is_said_before_it_hurts(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    partitions.make_ahead()
    assert partitions.state() == partitions.State(months_ahead=6, has_strays=False)
    assert partitions.state().is_well
    assert not partitions.State(months_ahead=1, has_strays=False).is_well
    assert not partitions.State(months_ahead=6, has_strays=True).is_well


def test_readiness_tells(client: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "state", lambda: partitions.State(1, has_strays=False))

    answer = client.get("/health/ready")

    assert answer.json()["dependencies"]["audit_partitions"]["up"] is False
    assert answer.status_code == 200
