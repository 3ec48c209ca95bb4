import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError, connection, connections
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context, tenant_context

from apps.audit.models import AuditEntry
from apps.core.errors import Invalid
from apps.core.sql import tenant_role
from apps.tenants import fleet, hosts, provisioning, services
from apps.tenants.models import Domain, Tenant
from apps.tenants.provisioning import OWNER, owner_in

pytestmark = pytest.mark.requirement("DB-002")

# What makes up a schema, in PostgreSQL's own words, with the schema's name and role taken out.
CATALOGUE = {
    "columns": """
        SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, is_identity
        FROM information_schema.columns WHERE table_schema = '{schema}'""",
    "constraints": """
        SELECT c.relname, k.conname, k.contype::text, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = '{schema}' AND k.contype <> 'n'""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = '{schema}'",
    "triggers": """
        SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = '{schema}' AND NOT t.tgisinternal""",
    "sequences": "SELECT sequencename FROM pg_sequences WHERE schemaname = '{schema}'",
    "privileges": """
        SELECT c.relname, c.relkind::text, a.privilege_type FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
        WHERE n.nspname = '{schema}' AND r.rolname = '{role}'""",
    "migrations": "SELECT app, name FROM {schema}.django_migrations",
    "roles of the product": "SELECT code, name, permissions, is_system FROM {schema}.accounts_role",
}


def _described(schema: str) -> dict[str, set[Any]]:
    description = {}
    with owner_in("public"), connections[OWNER].cursor() as cursor:
        for what, query in CATALOGUE.items():
            cursor.execute(query.format(schema=schema, role=tenant_role(schema)))
            description[what] = {str(row).replace(schema, "SCHEMA") for row in cursor.fetchall()}
    return description


@pytest.mark.thorough
def test_a_cloned_schema_is_what_the_migrations_make(make_tenant: Callable[[str], Any], slug: str) -> None:
    from apps.tenants.tests.conftest import remove_tenant

    cloned = make_tenant(slug).schema_name
    migrated = f"{slug}m"
    try:
        provisioning.migrate_schema(migrated)
        one, other = _described(cloned), _described(migrated)
    finally:
        remove_tenant(migrated)

    for what in CATALOGUE:
        assert one[what] == other[what], what
    assert all(one.values())


def test_making_a_tenant_makes_its_role_host_and_trail(make_tenant: Callable[[str], Any], slug: str) -> None:
    tenant = make_tenant(slug)

    with owner_in("public"), connections[OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT rolcanlogin, rolinherit, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = %s",
            [tenant_role(tenant.schema_name)],
        )
        assert cursor.fetchone() == (False, False, False, False)
        assert AuditEntry.objects.using(OWNER).filter(action="tenant.created", object_id=str(tenant.pk)).exists()
    found = hosts.find(f"{slug}.localhost")
    assert found is not None
    assert found.schema_name == tenant.schema_name


def test_what_is_known_of_a_host_is_said_without_asking_the_database(acme: Any) -> None:
    assert hosts.remembered("acme.localhost") is None
    hosts.find("acme.localhost")
    hosts.find("nobody.localhost")

    asked = ("acme.localhost", settings.BASE_DOMAIN, "nobody.localhost", "no name", "beta.localhost")
    assert [hosts.remembered(one) for one in asked] == [True, True, False, False, None]


def test_what_one_tenant_keeps_in_the_cache_is_not_there_for_another(acme: Any, beta: Any) -> None:
    cache.set("kept", "ours")

    with tenant_context(beta):
        assert cache.get("kept") is None
    assert cache.get("kept") == "ours"


def test_a_second_tenant_of_that_name_is_refused_and_nothing_is_left(
    make_tenant: Callable[[str], Any], slug: str
) -> None:
    make_tenant(slug)

    with pytest.raises(services.TenantExists):
        make_tenant(slug)

    assert Tenant.objects.filter(slug=slug).count() == 1


@pytest.mark.requirement("SEC-DATA-001")
def test_a_name_under_which_something_is_left_is_refused_and_nothing_is_made(
    make_tenant: Callable[[str], Any], slug: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise sealed links of before would open, and the trail be shown to the next tenant."""
    schema = make_tenant(slug).schema_name
    with owner_in("public"), connections[OWNER].cursor() as cursor:
        Domain.objects.using(OWNER).filter(tenant__slug=slug).delete()
        Tenant.objects.using(OWNER).filter(slug=slug).delete()
        cursor.execute(f'DROP SCHEMA "{schema}" CASCADE')

    with pytest.raises(SystemExit) as end:
        call_command("tenants", "create", slug, "--name", "X", "--admin-email", "a@b.example")

    assert end.value.code == 1
    said = capsys.readouterr().err
    assert f"Of an earlier tenant {slug} this is left here: audit entries, data keys, rights of its role." in said
    assert "Choose another name." in said
    assert not Tenant.objects.filter(slug=slug).exists()
    assert provisioning.left_of(schema) == ["audit entries", "data keys", "rights of its role"]


def test_a_schema_that_is_there_already_is_no_new_tenants(committed: None, slug: str, now: datetime) -> None:
    with owner_in("public"), connections[OWNER].cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{slug}"')
    try:
        with pytest.raises(services.TenantNameUsed, match="a schema"):
            services.create_tenant(slug, name="X", now=now)
    finally:
        with owner_in("public"), connections[OWNER].cursor() as cursor:
            cursor.execute(f'DROP SCHEMA "{slug}"')


def test_whoever_takes_a_name_at_the_same_moment_is_refused_as_well(
    make_tenant: Callable[[str], Any], slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked and found it free."""
    make_tenant(slug)
    monkeypatch.setattr(QuerySet, "exists", lambda _: False)

    with pytest.raises(services.TenantExists):
        make_tenant(slug)


@pytest.mark.parametrize(
    "bad", ["", "a", "Acme", "1st", "ends-", "public", "tpl-x", "pg-x", "a_b", "a.b", 'a"b', "x" * 41]
)
def test_a_name_that_is_no_good_as_a_host_is_refused(committed: None, now: datetime, bad: str) -> None:
    with pytest.raises(Invalid):
        services.create_tenant(bad, name="X", now=now)


def test_a_suspended_tenant_is_closed_and_opens_again(
    make_tenant: Callable[[str], Any], slug: str, now: datetime, client: Client
) -> None:
    make_tenant(slug)
    here = {"host": f"{slug}.localhost"}

    services.suspend_tenant(slug, now=now)
    closed = client.get("/sign-in/", headers=here)
    services.resume_tenant(slug, now=now)

    assert closed.status_code == 403
    assert client.get("/sign-in/", headers=here).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "nobody.localhost",
        "acme.localhost.evil.example",
        "127.0.0.1",
        "acme",
        "",
        "acme.localhost@evil.example",
        "ACME.localhost/x",
        "a b",
    ],
)
def test_an_unknown_host_learns_nothing(db: None, client: Client, host: str) -> None:
    answer = client.get("/api/v1/users/", headers={"host": host})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert b"acme" not in answer.content


@pytest.mark.parametrize("host", ["acme.localhost", "ACME.LocalHost", "acme.localhost:8000", "acme.localhost."])
def test_a_host_is_known_in_any_case_with_any_port(db: None, client: Client, host: str) -> None:
    assert client.get("/sign-in/", headers={"host": host}).status_code == 200


def test_a_forwarded_host_is_not_believed(db: None, client: Client) -> None:
    answer = client.get("/sign-in/", headers={"host": "acme.localhost", "x-forwarded-host": "beta.localhost"})

    assert getattr(answer.wsgi_request, "tenant").slug == "acme"  # noqa: B009


def _json(capsys: pytest.CaptureFixture[str], *command: str) -> Any:
    call_command(*command, "--json")
    return json.loads(capsys.readouterr().out)


def test_the_command_makes_a_tenant_whose_administrator_can_sign_in(
    committed: None, slug: str, capsys: pytest.CaptureFixture[str], client: Client
) -> None:
    from apps.tenants.tests.conftest import remove_tenant

    try:
        made = _json(capsys, "tenants", "create", slug, "--name", "Gamma", "--admin-email", "boss@gamma.example")
        form = {"email": made["admin"], "password": made["password"]}
        assert client.post("/sign-in/", form, headers={"host": f"{slug}.localhost"}).status_code == 302
        first = client.get("/", headers={"host": f"{slug}.localhost"})
        assert first["Location"] == "/account/"  # where the printed password gives way to one of their own
        assert slug in {one["slug"] for one in _json(capsys, "tenants", "list")["tenants"]}
        assert _json(capsys, "tenants", "suspend", slug)["status"] == "suspended"
        assert _json(capsys, "tenants", "show", slug)["status"] == "suspended"
        assert _json(capsys, "tenants", "resume", slug)["status"] == "active"
    finally:
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        remove_tenant(slug)


@pytest.mark.parametrize(
    "command",
    [
        ("tenants", "show", "nobody"),
        ("tenants", "suspend", "nobody"),
        ("tenants", "create", "public", "--name", "X", "--admin-email", "a@b.example"),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_1(
    committed: None, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as end:
        call_command(*command)

    said = capsys.readouterr()
    assert end.value.code == 1
    assert said.err.strip().count("\n") == 0
    assert "Traceback" not in said.err
    assert said.out == ""


def test_a_bad_first_administrator_leaves_no_tenant_behind(committed: None, slug: str) -> None:
    with pytest.raises(SystemExit):
        call_command("tenants", "create", slug, "--name", "X", "--admin-email", "no address")

    assert not Tenant.objects.filter(slug=slug).exists()


def _fall_behind(schema: str) -> None:
    back = ("elicitation", "0003")  # from the last, which can be undone
    with owner_in(schema):
        call_command(Migrate(), *back, database=OWNER, verbosity=0, interactive=False, skip_checks=True)


def test_the_plan_names_who_is_behind_and_changes_nothing(
    make_tenant: Callable[[str], Any], slug: str, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = make_tenant(slug).schema_name
    assert _json(capsys, "migrate_tenants", "--plan")["behind"] == {}

    _fall_behind(schema)

    assert _json(capsys, "migrate_tenants", "--plan")["behind"] == {schema: 1}
    assert _json(capsys, "migrate_tenants", "--plan")["behind"] == {schema: 1}


def test_the_plan_costs_the_same_however_many_tenants_there_are(make_tenant: Callable[[str], Any], slug: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connections[OWNER]) as captured:
            fleet.plan()
        return len(captured)

    before = queries()
    make_tenant(slug)
    make_tenant(f"{slug}z")

    assert queries() == before


def test_a_schema_that_was_never_migrated_is_behind_by_everything(make_tenant: Callable[[str], Any], slug: str) -> None:
    schema = make_tenant(slug).schema_name
    with owner_in("public"), connections[OWNER].cursor() as cursor:
        cursor.execute(f'DROP TABLE "{schema}".django_migrations')

    assert fleet.plan() == {schema: len(provisioning.known_migrations(settings.TENANT_APPS))}


def test_a_migration_that_was_undone_is_done_again_and_loses_nothing(
    make_tenant: Callable[[str], Any], slug: str, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = make_tenant(slug).schema_name
    before = _described(schema)
    _fall_behind(schema)

    assert _json(capsys, "migrate_tenants", "--resume") == {"migrated": [schema], "failed": {}}

    assert _described(schema) == before


@pytest.mark.requirement("LOG-002")
def test_each_tenant_that_a_migration_changed_has_it_on_record(
    make_tenant: Callable[[str], Any], slug: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed, untouched = make_tenant(slug), make_tenant(f"{slug}z")
    _fall_behind(changed.schema_name)

    _json(capsys, "migrate_tenants", "--resume")

    with owner_in("public"):
        both = [str(changed.pk), str(untouched.pk)]
        found = AuditEntry.objects.using(OWNER).filter(action="tenant.migrated", object_id__in=both)
        entries = [(one.tenant, one.object_id, one.actor_type, one.details) for one in found]
    assert entries == [(changed.schema_name, str(changed.pk), "operator", {"applied": 1})]


@pytest.mark.thorough
def test_one_failing_tenant_does_not_hold_up_the_others_and_resume_takes_what_is_left(
    make_tenant: Callable[[str], Any], slug: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = make_tenant(slug).schema_name, make_tenant(f"{slug}z").schema_name
    _fall_behind(bad)
    _fall_behind(good)
    real = provisioning.migrate_schema

    def failing(schema: str) -> None:
        if schema == bad:
            raise RuntimeError("its data do not fit")
        real(schema)

    monkeypatch.setattr(fleet, "migrate_schema", failing)
    with pytest.raises(SystemExit) as end:
        call_command("migrate_tenants", "--resume", "--json")
    outcome = json.loads(capsys.readouterr().out)
    monkeypatch.undo()

    assert end.value.code == 1
    assert outcome["migrated"] == [good]
    assert outcome["failed"] == {bad: "RuntimeError: its data do not fit"}
    assert _json(capsys, "migrate_tenants", "--resume")["migrated"] == [bad]


def test_the_platform_has_its_own_role_and_tenants_have_not(db: None) -> None:
    with schema_context("public"), connection.cursor() as cursor:
        cursor.execute("SELECT code FROM accounts_role ORDER BY code")
        on_the_platform = [code for (code,) in cursor.fetchall()]
    with schema_context("acme"), connection.cursor() as cursor:
        cursor.execute("SELECT code FROM accounts_role ORDER BY code")
        in_a_tenant = [code for (code,) in cursor.fetchall()]

    assert "tenant_admin" in in_a_tenant
    assert "platform_admin" not in in_a_tenant
    assert on_the_platform == sorted([*in_a_tenant, "platform_admin"])


def test_the_migration_waits_for_a_database_that_starts(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    told, refusals = list[str](), ["refused", "refused", "starting up"]

    def connect() -> None:
        if refusals:
            raise OperationalError(refusals.pop(0))

    monkeypatch.setattr(connections[OWNER], "ensure_connection", connect)
    monkeypatch.setattr(fleet, "PAUSE", 0)

    fleet.wait_for_database(60, told.append)

    assert told == ["PostgreSQL is not there yet: refused", "PostgreSQL is not there yet: starting up"]
    refusals.append("refused")
    with pytest.raises(OperationalError, match="refused"):
        fleet.wait_for_database(0, told.append)
