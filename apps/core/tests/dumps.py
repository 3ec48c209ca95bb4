"""What lies in the files of the database and of Redis, for tests that play somebody who has them and no key."""

from collections.abc import Iterator

import redis
from django.conf import settings
from django.db import connection
from psycopg import sql

TABLES = """
    SELECT table_schema, table_name FROM information_schema.tables
    WHERE table_schema IN (current_schema(), 'public') AND table_type = 'BASE TABLE'
      AND has_table_privilege(format('%I.%I', table_schema, table_name), 'SELECT')
"""


def dumped() -> Iterator[tuple[str, str]]:
    """Every row of every table that this schema can read, as text; what is binary in hexadecimal digits."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for schema, table in cursor.fetchall():
            cursor.execute(sql.SQL("SELECT row::text FROM {} AS row").format(sql.Identifier(schema, table)))
            yield from ((table, row) for (row,) in cursor.fetchall())


def in_redis() -> bytes:
    client = redis.Redis.from_url(str(settings.CACHES["default"]["LOCATION"]))
    return b"\n".join(key + b" " + (client.dump(key) or b"") for key in client.scan_iter())


def spellings(text: str) -> list[str]:
    return [text, text.encode().hex()]
