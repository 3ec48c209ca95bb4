"""Schemas and roles: how they are made, migrated and cloned. All of it on the owner's connection.

A tenant is a copy of the template schema, read from PostgreSQL's own catalogue: tables, data (migration history,
permissions, system roles), constraints, indexes, triggers, every name as it was. That takes a fraction of a second
where running the migrations takes many.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from apps.core.fields import EncryptedTextField, FingerprintField
from apps.core.sql import tenant_role
from apps.tenants import upkeep
from apps.tenants.routers import TenantRouter

OWNER = "owner"
PUBLIC = "public"
#: Of these tables those without row-level security, and whether they have rows of tenants nonetheless.
WITHOUT_WALL = """
    SELECT relname, EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'tenant')
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s) AND NOT relrowsecurity
"""
#: What of the database is under a name: a role by what it may do in this one.
NAMED = """
    SELECT 'rights of its role' WHERE EXISTS (
        SELECT FROM pg_shdepend JOIN pg_roles ON pg_roles.oid = refobjid AND refclassid = 'pg_authid'::regclass
        JOIN pg_database ON pg_database.oid = dbid AND datname = current_database() WHERE rolname = %s
    )
    UNION ALL SELECT 'a schema' FROM pg_namespace WHERE nspname = %s
"""
GRANTED = """
    SELECT rolname, relname, privilege_type
    FROM pg_class, aclexplode(relacl) AS given JOIN pg_roles ON pg_roles.oid = given.grantee
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND rolname = ANY(%s)
"""


@contextmanager
def owner_in(schema: str) -> Iterator[Any]:
    """The owner's connection, working in one schema."""
    connection = connections[OWNER]
    before = connection.schema_name  # type: ignore[attr-defined]  # django-tenants adds it
    connection.set_schema(schema)  # type: ignore[attr-defined]  # django-tenants adds it
    try:
        yield connection
    finally:
        connection.set_schema(before)  # type: ignore[attr-defined]  # django-tenants adds it


def migrate_schema(schema: str) -> None:
    """Bring one schema up to date, as the owner, with what the code wants in it, and grant its role what it may."""
    with owner_in(schema) as connection:
        if schema != "public":
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
            ensure_role(schema)
        call_command(Migrate(), database=OWNER, verbosity=0, interactive=False, skip_checks=True)
    upkeep.bring_up(schema)
    grant(schema)


def ensure_role(schema: str) -> None:
    """The tenant's role: cannot sign in, is inherited by nobody, and can be taken on by the runtime role."""
    role, runtime = sql.Identifier(tenant_role(schema)), sql.Identifier(settings.DATABASES["default"]["USER"])
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [tenant_role(schema)])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOINHERIT").format(role))
        if settings.DATABASES["default"]["USER"] == settings.DATABASES[OWNER]["USER"]:
            return
        # Before 16 a grant has no options of its own: there the runtime role is NOINHERIT as a whole.
        options = sql.SQL("WITH INHERIT FALSE, SET TRUE" if connections[OWNER].pg_version >= 160000 else "")  # type: ignore[attr-defined]  # this backend has it
        cursor.execute(sql.SQL("GRANT {} TO {} {}").format(role, runtime, options))


def grant(schema: str) -> None:
    """What the runtime roles may do in a schema. Append-only tables can be read and added to."""
    role = settings.DATABASES["default"]["USER"] if schema == "public" else tenant_role(schema)
    with connections[OWNER].cursor() as cursor:
        _grant_schema(cursor, schema, role)
        for table in _append_only(cursor, schema):
            names = {"table": sql.Identifier(schema, table), "role": sql.Identifier(role)}
            cursor.execute(sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}").format(**names))
            if columns := _written_anew(table):
                rotated = sql.SQL("GRANT UPDATE ({columns}) ON {table} TO {role}")
                cursor.execute(rotated.format(columns=sql.SQL(", ").join(map(sql.Identifier, columns)), **names))
        if role != settings.DATABASES[OWNER]["USER"]:  # who does not migrate has nothing to write in the history
            history = sql.Identifier(schema, MigrationRecorder.Migration._meta.db_table)
            refusal = sql.SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}")
            cursor.execute(refusal.format(history, sql.Identifier(role)))
        if schema != "public":
            grant_shared(cursor, schema)


def _written_anew(table: str) -> list[str]:
    """The columns that a rotation of keys writes anew, and those in which a digest becomes a fingerprint."""
    fields = [field for model in apps.get_models() if model._meta.db_table == table for field in model._meta.fields]
    return [str(field.column) for field in fields if isinstance(field, EncryptedTextField | FingerprintField)]


def _append_only(cursor: Any, schema: str) -> list[str]:
    """The append-only tables of a schema, and their partitions."""
    names = [model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False)]
    cursor.execute(
        """
        SELECT c.relname FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
        WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p')
          AND (c.relname = ANY(%s) OR i.inhparent::regclass::text = ANY(%s)) ORDER BY 1
        """,
        [f'"{schema}"', names, names],
    )
    return [row[0] for row in cursor.fetchall()]


def _grant_schema(cursor: Any, schema: str, role: str) -> None:
    names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role)}
    for statement in (
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    ):
        cursor.execute(sql.SQL(statement).format(**names))


def shared_grants() -> dict[str, str]:
    """What a tenant's role may do with tables that all share, by table: what their models say, as ``tenants_may``.

    Row-level security narrows it to the tenant's own rows.
    """
    ours = {model._meta.db_table: str(getattr(model, "tenants_may", "")) for model in apps.get_models()}
    return {ContentType._meta.db_table: "SELECT"} | {table: rights for table, rights in ours.items() if rights}


def grant_shared(cursor: Any, schema: str) -> None:
    role, rights = tenant_role(schema), shared_grants()
    _refuse_without_wall(cursor, rights)
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(role)))
    for table, may in rights.items():
        statement = sql.SQL("GRANT {} ON {} TO {}")
        cursor.execute(statement.format(sql.SQL(may), sql.Identifier("public", table), sql.Identifier(role)))
    _take_back(cursor, role, rights)


def _refuse_without_wall(cursor: Any, rights: dict[str, str]) -> None:
    """What no row-level security narrows shows everything to everybody, so it has rows of no tenant and is only read.

    Nor does row-level security narrow what else there is to grant, such as TRUNCATE.
    """
    cursor.execute(WITHOUT_WALL, [list(rights)])
    open_to_all = dict(cursor.fetchall())
    for table, may in rights.items():
        most = "SELECT" if table in open_to_all else "SELECT, INSERT, UPDATE, DELETE"
        if open_to_all.get(table) or not set(may.split(", ")) <= set(most.split(", ")):
            raise ValueError(f"tenants may not {may} on {table}: row-level security does not hold them apart there")


def _take_back(cursor: Any, role: str, rights: dict[str, str]) -> None:
    """Leave a role nothing of what it was granted once and no model says any more."""
    for table, right in granted([role])[role] - _each(rights):
        statement = sql.SQL("REVOKE {} ON {} FROM {}")
        cursor.execute(statement.format(sql.SQL(right), sql.Identifier("public", table), sql.Identifier(role)))


def otherwise_granted(schemas: Sequence[str]) -> list[str]:
    """Find the tenants whose roles may do with shared tables something else than the models say, in one query."""
    wanted = _each(shared_grants())
    held = granted([tenant_role(schema) for schema in schemas])
    return [schema for schema in schemas if held[tenant_role(schema)] != wanted]


def granted(roles: list[str]) -> dict[str, set[tuple[str, str]]]:
    """What each of these roles may do with shared tables: pairs of a table and a right."""
    held: dict[str, set[tuple[str, str]]] = {role: set() for role in roles}
    with connections[OWNER].cursor() as cursor:
        cursor.execute(GRANTED, [roles])
        for role, table, right in cursor.fetchall():
            held[role].add((table, right))
    return held


def _each(rights: dict[str, str]) -> set[tuple[str, str]]:
    return {(table, right) for table, may in rights.items() for right in may.split(", ")}


def left_of(schema: str) -> list[str]:
    """What there is under a schema's name: of rows in tables that all tenants share, what they are called.

    The trail is among them: a tenant reads what is recorded under its name. A role counts where it may do something in
    this database: others of the same server have roles of the same name.
    """
    left = [
        str(model._meta.verbose_name_plural)
        for model in shared_models()
        if model._base_manager.using(OWNER).filter(tenant=schema).exists()
    ]
    with connections[OWNER].cursor() as cursor:
        cursor.execute(NAMED, [tenant_role(schema), schema])
        return [*left, *(name for (name,) in cursor.fetchall())]


def shared_models() -> list[Any]:
    """The models whose rows are each one tenant's, by the name of its schema (``tenant``)."""
    names = [(model, field) for model in apps.get_models() for field in model._meta.fields if field.name == "tenant"]
    return [model for model, field in names if not field.is_relation]


def known_migrations(installed: list[str]) -> set[tuple[str, str]]:
    """The migrations of these apps, as the code has them."""
    router = TenantRouter()
    return {key for key in MigrationLoader(None).graph.nodes if router.app_in_list(key[0], installed)}


def public_is_behind() -> bool:
    with owner_in("public") as connection:
        recorder = MigrationRecorder(connection)
        applied = set(recorder.applied_migrations()) if recorder.has_table() else set()
    return bool(known_migrations(settings.SHARED_APPS) - applied or upkeep.behind([PUBLIC]))


def schemas_behind(schemas: Iterable[str]) -> dict[str, int]:
    """How many migrations each schema lacks, asked of all of them in one query; those up to date are left out."""
    schemas = list(schemas)
    if not schemas:
        return {}
    wanted = known_migrations(settings.TENANT_APPS)
    part = sql.SQL("SELECT {name} AS schema, app, name FROM {table}")
    parts = [
        part.format(name=sql.Literal(schema), table=sql.Identifier(schema, MigrationRecorder.Migration._meta.db_table))
        for schema in schemas
    ]
    query = sql.SQL("SELECT schema, count(*) FROM ({}) AS applied WHERE (app, name) IN ({}) GROUP BY schema").format(
        sql.SQL(" UNION ALL ").join(parts),
        sql.SQL(", ").join(
            sql.SQL("({}, {})").format(sql.Literal(app), sql.Literal(name)) for app, name in sorted(wanted)
        ),
    )
    with connections[OWNER].cursor() as cursor:
        cursor.execute(query)
        applied = dict(cursor.fetchall())
    return {schema: len(wanted) - applied.get(schema, 0) for schema in schemas if applied.get(schema, 0) < len(wanted)}
