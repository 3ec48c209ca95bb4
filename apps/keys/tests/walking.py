"""What work on many rows costs the database, whatever the machine."""

from typing import Any

from django.db import connection


def walked_through(*tables: str) -> int:
    """How many rows of these tables this transaction has read one after the other, without an index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(seq_tup_read), 0)::bigint FROM pg_stat_xact_all_tables WHERE relname = ANY(%s)",
            [list(tables)],
        )
        (rows,) = cursor.fetchone()
    return int(rows)


class Plans:
    """How PostgreSQL goes about each batch of this table, in the transaction of that."""

    def __init__(self, table: str) -> None:
        self.table, self.found = table, list[str]()

    def __call__(self, execute: Any, statement: Any, parameters: Any, many: bool, context: Any) -> Any:
        if f'FROM "{self.table}"' in str(statement) and "SKIP LOCKED" in str(statement):
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {statement}", parameters)
                self.found.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(statement, parameters, many, context)
