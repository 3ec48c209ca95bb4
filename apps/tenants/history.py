"""Whether the tables are those that this program was written for. Every probe asks, so no migration is imported."""

from functools import cache
from importlib.util import find_spec
from pkgutil import iter_modules

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django_tenants.utils import get_public_schema_name, schema_context
from psycopg import sql

APPLIED = sql.SQL("SELECT app, name FROM {table}").format(
    table=sql.Identifier(MigrationRecorder.Migration._meta.db_table)
)
Names = frozenset[tuple[str, str]]


def compared() -> tuple[int, int]:
    """How many migrations lack, and how many there are that we do not know, by the history of the shared tables.

    That is the whole one, of tenants' tables too, and the one that a role which only serves may read.
    """
    known = _known()
    with schema_context(get_public_schema_name()), connection.cursor() as cursor:
        cursor.execute(APPLIED)
        applied = set(cursor.fetchall())
    return len(known - applied), len(applied - known)


@cache
def _known() -> Names:
    """The migrations of all apps, by the names of their files."""
    return frozenset((config.label, name) for config in apps.get_app_configs() for name in _files(config.label))


def _files(label: str) -> list[str]:
    module, _ = MigrationLoader.migrations_module(label)
    found = find_spec(module) if module else None
    places = found.submodule_search_locations if found else None
    return [one.name for one in iter_modules(places or []) if not one.ispkg and one.name[0] not in "_~"]
