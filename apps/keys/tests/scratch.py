"""A schema at an earlier state of one app, with keys, for tests of migrations that encrypt."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from apps.keys.models import DataKey
from apps.keys.services import making
from apps.tenants.provisioning import OWNER, owner_in


def migrate(owner: Any, app: str, state: str) -> None:
    MigrationExecutor(owner).migrate([(app, state)])


def rows(owner: Any, query: str) -> list[Any]:
    with owner.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


@contextmanager
def scratch_schema(schema: str, app: str, state: str, *, has_keys: bool = True) -> Iterator[Any]:
    """The owner's connection, in a new schema; both are gone afterwards."""
    with owner_in(schema) as owner, owner.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {schema}")
        try:
            for purpose in DataKey.Purpose.values if has_keys else ():
                making.wrapped(schema, purpose, 1, now=timezone.now(), using=OWNER).save(using=OWNER)
            migrate(owner, app, state)
            yield owner
        finally:
            cursor.execute(f"DROP SCHEMA {schema} CASCADE")
            for table in ("keys_datakey", "keys_subjectkey"):
                cursor.execute(f"DELETE FROM public.{table} WHERE tenant = %s", [schema])
