from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import Error, connections, transaction
from django_tenants.utils import schema_context

from apps import audit
from apps.audit.models import AuditEntry
from apps.core import context

pytestmark = [pytest.mark.requirement("LOG-002"), pytest.mark.django_db(databases=["default", "owner"])]
CHANGES = (
    "UPDATE public.audit_entry SET action = 'x'",
    "DELETE FROM public.audit_entry",
    "TRUNCATE public.audit_entry",
)


def _tried(alias: str, statement: str) -> None:
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("statement", CHANGES)
def test_nobody_changes_or_removes_an_entry_not_even_the_owner(now: datetime, statement: str) -> None:
    audit.record("thing.done", now=now, using="owner")

    with pytest.raises(Error, match="append-only"):
        _tried("owner", statement)


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("schema", ["public", "acme"])
def test_the_runtime_roles_lack_even_the_privilege(now: datetime, schema: str, statement: str) -> None:
    with schema_context(schema):
        audit.record("thing.done", now=now)

        with pytest.raises(Error, match="permission denied"):
            _tried("default", statement)


def test_the_database_stamps_time_transaction_and_digest(acme: Any, now: datetime) -> None:
    before = datetime.now(UTC)
    audit.record("thing.done", now=now)

    entry = AuditEntry.objects.get(action="thing.done")
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT xid = pg_current_xact_id(), digest = sha256('\\x00'::bytea || public.audit_canonical(e))"
            " FROM audit_entry e WHERE id = %s",
            [entry.pk],
        )
        assert cursor.fetchone() == (True, True)
    assert abs(entry.recorded_at - before) < timedelta(seconds=5)
    assert entry.occurred_at == now


def _insert(recorded_at: datetime) -> None:
    """What SQL of a tenant could try."""
    sent: dict[str, Any] = {
        "tenant": "acme",
        "recorded_at": recorded_at,
        "occurred_at": recorded_at,
        "category": "data",
        "action": "forged.time",
        "outcome": "success",
        "actor_type": "user",
        "details": "{}",
        "schema_version": 1,
        "xid": "3",
        "digest": b"",
    }
    empty = ("actor", "ip", "user_agent", "trace_id", "object_type", "object_id")
    columns = [*sent, *empty]
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_entry (id, {', '.join(columns)})"
            f" VALUES (gen_random_uuid(), {', '.join(['%s'] * len(columns))})",
            [*sent.values(), *([""] * len(empty))],
        )


def test_a_time_and_a_digest_that_are_sent_are_not_believed(acme: Any) -> None:
    clock = datetime.now(UTC)
    _insert(clock + timedelta(days=1 if clock.day == 1 else -1))

    entry = AuditEntry.objects.get(action="forged.time")
    assert abs(entry.recorded_at - clock) < timedelta(seconds=5)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT xid = '3'::xid8, length(digest) FROM audit_entry WHERE id = %s", [entry.pk])
        assert cursor.fetchone() == (False, 32)


def test_a_time_in_another_month_is_refused(acme: Any) -> None:
    with pytest.raises(Error):
        _insert(datetime(2020, 1, 1, tzinfo=UTC))

    assert not AuditEntry.objects.filter(action="forged.time").exists()


def test_an_entry_says_who_it_was_for_and_from_where(acme: Any, now: datetime) -> None:
    work = context.continued("", user_id="u-1", actor_type="api_key", ip="192.0.2.7", user_agent="curl")
    with context.use(work):
        audit.record("session.started", now=now, outcome="success", target=acme)

    entry = AuditEntry.objects.get(action="session.started")
    assert (entry.actor_type, entry.actor, entry.ip, entry.user_agent) == ("api_key", "u-1", "192.0.2.7", "curl")
    assert (entry.tenant, entry.category, entry.trace_id) == ("acme", "authentication", work.trace_id)
    assert (entry.object_type, entry.object_id) == ("tenants.tenant", str(acme.pk))


def test_an_entry_is_undone_with_what_it_tells_of(acme: Any, now: datetime) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.record("thing.done", now=now, details={"part": 1 // AuditEntry.objects.filter(action="x").count()})

    assert not AuditEntry.objects.filter(action="thing.done").exists()


def test_there_is_a_partition_for_this_month(acme: Any, now: datetime) -> None:
    audit.record("thing.done", now=now)

    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'public.audit_entry'::regclass"
            " AND inhrelid::regclass::text LIKE '%%audit_entry_20%%'"
        )
        assert cursor.fetchone()[0] >= 4
