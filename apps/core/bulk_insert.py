"""Many rows at once, without an object for each."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.db import connection, models


def insert_values(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows given as values by column; all name the same columns, and every column that has no null.

    The database takes the rows apart, several times as fast as ``bulk_create`` builds objects. Doubles keep their bits.
    """
    if not rows:
        return
    table, *columns = map(connection.ops.quote_name, (model._meta.db_table, *rows[0]))
    names = ", ".join(columns)
    statement = f"INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{table}, %s)"  # noqa: S608  names are quoted
    with connection.cursor() as cursor:
        cursor.execute(statement, [orjson.dumps(rows).decode()])
