"""Digests that a process of the version before has written, after its tables were migrated, become fingerprints too."""

from collections.abc import Iterator

from django.db import connection, transaction
from django_tenants.utils import schema_context

from apps.keys.columns import Fingerprints, fingerprints
from apps.keys.migrating import Fingerprinting, SchemaKeys


def replace_digests(schema: str) -> int:
    """Returns how many there were. All of a schema at once, since rows name each other by them; safe to repeat."""
    with schema_context(schema), transaction.atomic():
        keys, left = SchemaKeys(connection), dict(digests_left(schema))
        for one in left:
            _of(one).replace(keys)
    return sum(left.values())


def digests_left(schema: str) -> Iterator[tuple[Fingerprints, int]]:
    """The columns of the schema that the work is in which hold digests, and how many."""
    keys = SchemaKeys(connection)
    for one in fingerprints(schema):
        if count := _of(one).left(keys):
            yield one, count


def _of(one: Fingerprints) -> Fingerprinting:
    return Fingerprinting(one.model._meta.db_table, one.column, one.part)
