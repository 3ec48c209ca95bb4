"""All tenants at once: which are behind, and bringing them up to date."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connections

from apps.tenants.models import Tenant
from apps.tenants.provisioning import OWNER, migrate_schema, owner_in, schemas_behind

LOCK = 7_346_001


def plan() -> dict[str, int]:
    """The schemas that lack migrations, the template first, with how many: one query however many tenants there are."""
    with owner_in("public"):
        schemas = list(Tenant.objects.using(OWNER).order_by("schema_name").values_list("schema_name", flat=True))
        with connections[OWNER].cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [settings.TEMPLATE_SCHEMA])
            template = [settings.TEMPLATE_SCHEMA] if cursor.fetchone() else []
        return schemas_behind([*template, *schemas])


def migrate_all(progress: Callable[[str, int, int], None] = lambda *_: None) -> list[str]:
    """Migrate the public schema, the template, and every tenant that is behind; safe to stop and start again."""
    with _only_one():
        migrate_schema("public")
        migrate_schema(settings.TEMPLATE_SCHEMA)
        behind = list(plan())
        for done, schema in enumerate(behind, start=1):
            migrate_schema(schema)
            progress(schema, done, len(behind))
    return behind


@contextmanager
def _only_one() -> Iterator[None]:
    """One migration at a time on a database, whoever starts it."""
    with owner_in("public") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
