"""All tenants at once: which are behind, and bringing them up to date."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connections
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from apps import audit
from apps.core import way
from apps.core.errors import Refused
from apps.tenants import upkeep
from apps.tenants.models import Tenant
from apps.tenants.provisioning import (
    OWNER,
    known_migrations,
    migrate_schema,
    otherwise_granted,
    owner_in,
    public_is_behind,
    schemas_behind,
)

LOCK = 7_346_001
#: Seconds between two attempts to reach a database that is not there yet.
PAUSE = 2.0
logger = logging.getLogger(__name__)

WITH_HISTORY = """
    SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = %s AND c.relkind = 'r'
"""


class TenantsNotMigrated(Refused):
    code = "tenants_not_migrated"
    title = "Some tenants could not be migrated"

    def __init__(self, migrated: list[str], failed: dict[str, str]) -> None:
        super().__init__(f"{len(failed)} of {len(migrated) + len(failed)} schemas failed: {', '.join(sorted(failed))}.")
        self.migrated = migrated
        self.failed = failed


def wait_for_database(patience: float, tell: Callable[[str], object]) -> None:
    """Until the owner may connect, or ``patience`` seconds are over; each reason why not is told once."""
    until, told = time.monotonic() + patience, ""
    while True:
        try:
            connections[OWNER].ensure_connection()
            return
        except OperationalError as error:
            if time.monotonic() >= until:
                raise
            if (reason := way.explained(error)) != told:
                tell(f"PostgreSQL is not there yet: {reason}")
                told = reason
        time.sleep(PAUSE)  # a server that starts says nothing when it is ready


def plan() -> dict[str, int]:
    """The schemas that lack migrations, or what the code wants in them or grants, the template first, with how much.

    Few queries, however many tenants.
    """
    with owner_in("public"), connections[OWNER].cursor() as cursor:
        cursor.execute(WITH_HISTORY, [MigrationRecorder.Migration._meta.db_table])
        known = {schema for (schema,) in cursor.fetchall()}
        schemas = [settings.TEMPLATE_SCHEMA, *_tenants()]
        behind = schemas_behind(schema for schema in schemas if schema in known)
        everything = len(known_migrations(settings.TENANT_APPS))
    lacking = {schema: behind.get(schema, everything) for schema in schemas if schema in behind or schema not in known}
    lacking |= upkeep.behind([schema for schema in schemas if schema not in lacking])
    lacking |= dict.fromkeys(otherwise_granted([schema for schema in schemas if schema not in lacking]), 1)
    return {schema: lacking[schema] for schema in schemas if schema in lacking}


def migrate_all(progress: Callable[[str, int, int], None] = lambda *_: None, *, resume: bool = False) -> list[str]:
    """Migrate the public schema, the template, and every tenant that is behind; safe to stop and start again.

    A tenant that fails is left as it was, and the others go on; who failed is raised at the end. ``resume`` looks at
    the public schema and the template only when they are behind as well.
    """
    with _only_one():
        if not resume or public_is_behind():
            migrate_schema("public")
        if not resume or settings.TEMPLATE_SCHEMA in plan():
            migrate_schema(settings.TEMPLATE_SCHEMA)
        lacking = plan()
        behind = list(lacking)
        failed: dict[str, str] = {}
        for done, schema in enumerate(behind, start=1):
            if problem := _problem_with(schema):
                failed[schema] = problem
            else:
                _record(schema, lacking[schema])
            progress(schema, done, len(behind))
    migrated = [schema for schema in behind if schema not in failed]
    if failed:
        raise TenantsNotMigrated(migrated, failed)
    return migrated


def _problem_with(schema: str) -> str | None:
    """Migrate one tenant; what stopped it, if something did."""
    try:
        migrate_schema(schema)
    except Exception as error:  # one tenant's data must not hold up the others
        logger.exception("migration of a tenant failed", extra={"action": f"migrate {schema}"})
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return None


def _record(schema: str, applied: int) -> None:
    with owner_in("public"):
        tenant = Tenant.objects.using(OWNER).filter(schema_name=schema).first()
        now, details = timezone.now(), {"applied": applied}
        audit.record("tenant.migrated", target=tenant, now=now, tenant=schema, details=details, using=OWNER)


def _tenants() -> list[str]:
    return list(Tenant.objects.using(OWNER).order_by("schema_name").values_list("schema_name", flat=True))


@contextmanager
def _only_one() -> Iterator[None]:
    """One migration at a time on a database, whoever starts it."""
    with owner_in("public") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
