"""Storing rows together with a key of their own each."""

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection, models

from apps.core.tenancy import current_schema
from apps.keys.models import SubjectKey

#: A key is only stored for a row that is: whoever is slower than somebody else leaves nothing.
STORE: Final = """
    WITH stored AS (
        INSERT INTO {table} ({columns}) SELECT * FROM unnest({types}) ON CONFLICT ({once}) DO NOTHING RETURNING key_id
    )
    INSERT INTO keys_subjectkey (id, tenant, secret)
    SELECT fresh.id, %s, fresh.secret FROM unnest(%s::uuid[], %s::bytea[]) AS fresh (id, secret)
    JOIN stored ON stored.key_id = fresh.id
"""


def store_with_keys(rows: Sequence[Any], *, once: str) -> None:
    """Insert rows of one model, each under a ``key`` of its own, by one statement.

    Of those that are equal in ``once``, a unique column, the one that is stored stays. Raises ``KeyAway``.
    """
    if not rows:
        return
    for row in rows:
        row.key = SubjectKey()
    fields = rows[0]._meta.local_concrete_fields
    name = connection.ops.quote_name
    statement = STORE.format(
        table=name(rows[0]._meta.db_table),
        columns=", ".join(name(field.column) for field in fields),
        types=", ".join(f"%s::{field.db_type(connection)}[]" for field in fields),
        once=name(once),
    )
    keys = [row.key for row in rows]
    given: list[Any] = [_column(field, rows) for field in fields]
    given += [current_schema(), [key.pk for key in keys], _column(SubjectKey._meta.get_field("secret"), keys)]
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def _column(field: models.Field[Any, Any], rows: Sequence[models.Model]) -> list[Any]:
    return [field.get_db_prep_save(field.pre_save(row, add=True), connection) for row in rows]
