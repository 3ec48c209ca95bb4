"""What PostgreSQL itself refuses, whatever the code above it does."""

from typing import Any

import pytest
from django.db import Error, ProgrammingError, connection, transaction
from django_tenants.utils import schema_context, tenant_context
from psycopg.errors import InsufficientPrivilege

from apps import audit
from apps.audit.models import AuditEntry
from apps.core.models import Event, EventDelivery
from apps.core.sql import tenant_role
from apps.tenants import provisioning
from apps.tenants.models import Domain, Tenant

pytestmark = pytest.mark.requirement("DB-002")


def _refused(statement: str) -> BaseException | None:
    """What the database answers to a statement that it refuses."""
    with pytest.raises(ProgrammingError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return refusal.value.__cause__


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM beta.accounts_user",
        "INSERT INTO beta.configuration_setting VALUES (gen_random_uuid(), 'k', '1', now())",
        "UPDATE beta.accounts_user SET email = 'x'",
        "DELETE FROM beta.resilience_subject",
        "TRUNCATE beta.campaigns_campaign",
        "DROP TABLE beta.accounts_user",
        "CREATE TABLE beta.mine (id int)",
        "ALTER TABLE accounts_user DISABLE TRIGGER ALL",
        "CREATE TABLE public.mine (id int)",
        "UPDATE django_migrations SET name = 'x'",
        "SELECT * FROM audit_entry_default",
        "INSERT INTO audit_entry_default SELECT * FROM audit_entry",
        "SELECT public.audit_make_partitions(1200)",
        "SELECT public.audit_protect_partition('audit_entry_default')",
        "SELECT * FROM public.accounts_user",
        "SELECT * FROM public.accounts_apikey",
        "SELECT * FROM auditlog_logentry",
        "SELECT * FROM tpl_resimate.accounts_role",
    ],
)
def test_sql_written_for_one_tenant_is_refused_everything_else(acme: Any, beta: Any, statement: str) -> None:
    assert isinstance(_refused(statement), InsufficientPrivilege)


def test_the_own_tables_are_within_reach(acme: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, public.current_tenant(), count(*) > 0 FROM accounts_role GROUP BY 1, 2")
        assert cursor.fetchone() == (tenant_role("acme"), "acme", True)


def test_the_role_is_back_after_a_rollback(acme: Any) -> None:
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (tenant_role("acme"),)


def test_a_schema_without_a_role_is_an_error_and_never_another_schema(db: None) -> None:
    with schema_context("nobody"), pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_each_tenant_sees_its_own_events_and_deliveries(acme: Any, beta: Any, now: Any) -> None:
    ours = Event.objects.create(name="here", occurred_at=now)
    EventDelivery.objects.create(event=ours, subscriber="s", due_at=now)
    with tenant_context(beta):
        theirs = Event.objects.create(name="there", occurred_at=now)
        EventDelivery.objects.create(event=theirs, subscriber="s", due_at=now)

        assert list(Event.objects.values_list("name", flat=True)) == ["there"]
        assert EventDelivery.objects.filter(event_id=ours.pk).update(attempts=9) == 0

    assert list(Event.objects.values_list("name", flat=True)) == ["here"]
    assert EventDelivery.objects.get().attempts == 0
    with schema_context("public"):
        assert Event.objects.filter(name__in=("here", "there")).count() == 2


def test_no_tenant_writes_in_the_name_of_another(acme: Any, now: Any) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Event.objects.create(name="forged", occurred_at=now, tenant="beta")
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        audit.record("thing.done", now=now, tenant="beta")


@pytest.mark.requirement("LOG-002")
def test_each_tenant_reads_its_own_audit_trail(acme: Any, beta: Any, now: Any) -> None:
    audit.record("thing.done", now=now)
    with tenant_context(beta):
        audit.record("thing.undone", now=now)

    assert set(AuditEntry.objects.values_list("tenant", flat=True)) == {"acme"}
    assert not AuditEntry.objects.filter(action="thing.undone").exists()


def test_a_tenant_knows_no_other_tenant_and_no_other_host(acme: Any, beta: Any) -> None:
    assert list(Tenant.objects.values_list("slug", flat=True)) == ["acme"]
    assert list(Domain.objects.values_list("domain", flat=True)) == ["acme.localhost"]


def test_a_tenant_as_a_context_raises_because_threads_would_share_it(beta: Any) -> None:
    with pytest.raises(TypeError, match="tenant_context"), beta:
        pass


def test_an_event_of_a_tenant_cannot_be_changed_or_removed_by_it(acme: Any, now: Any) -> None:
    Event.objects.create(name="here", occurred_at=now)

    assert isinstance(_refused("UPDATE core_event SET name = 'x'"), InsufficientPrivilege)
    assert isinstance(_refused("DELETE FROM core_event"), InsufficientPrivilege)


def test_a_version_that_is_published_never_changes(acme: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgenabled FROM pg_trigger"
            " WHERE tgname = 'published_is_final' AND tgrelid = 'resilience_modelversion'::regclass"
        )
        assert cursor.fetchone() == ("O",)


def test_a_tenant_may_do_with_shared_tables_what_their_models_say() -> None:
    assert provisioning.shared_grants() == {
        "core_epoch": "SELECT, INSERT, UPDATE",
        "core_tenantfact": "SELECT, INSERT, UPDATE, DELETE",
        "core_event": "SELECT, INSERT",
        "core_eventdelivery": "SELECT, INSERT, UPDATE",
        "core_job": "SELECT, INSERT, UPDATE",
        "core_rememberedanswer": "SELECT, INSERT, UPDATE, DELETE",
        "audit_entry": "SELECT, INSERT",
        "keys_datakey": "SELECT",
        "keys_subjectkey": "SELECT, INSERT, UPDATE, DELETE",
        "tenants_tenant": "SELECT",
        "tenants_domain": "SELECT",
        "django_content_type": "SELECT",
    }
