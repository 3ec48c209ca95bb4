"""What a migration of many rows costs the database, whatever the machine."""

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
