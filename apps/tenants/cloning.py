"""Copies the template schema, from PostgreSQL's catalogue."""

from typing import Any

from django.conf import settings
from psycopg import sql

TABLES = """
    SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relkind = 'r' ORDER BY c.relname
"""
# Not-null constraints ('n', from 18 on in the catalogue) come with LIKE; foreign keys go last.
CONSTRAINTS = """
    SELECT c.relname, k.conname, pg_get_constraintdef(k.oid), k.contype = 'f'
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND k.contype IN ('p', 'u', 'c', 'x', 'f') ORDER BY k.contype = 'f', c.relname, k.conname
"""
INDEXES = """
    SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype <> 'f')
    ORDER BY c.relname
"""
TRIGGERS = """
    SELECT pg_get_triggerdef(t.oid, true) FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND NOT t.tgisinternal ORDER BY c.relname, t.tgname
"""
IDENTITIES = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = %s AND is_identity = 'YES' ORDER BY table_name
"""


def clone_template(cursor: Any, schema: str) -> None:
    """Make ``schema`` a copy of the template schema. Runs in the caller's transaction: all of it, or nothing."""
    template = settings.TEMPLATE_SCHEMA
    # Definitions are printed without a schema for what the search path finds, and read back the same way.
    cursor.execute("SELECT set_config('search_path', %s, true)", [f'"{template}", public'])
    script = _definitions(cursor, template, schema)
    cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    cursor.execute("SELECT set_config('search_path', %s, true)", [f'"{schema}", public'])
    for statement in script:
        cursor.execute(statement)


def _definitions(cursor: Any, template: str, schema: str) -> list[sql.Composable]:
    tables = [name for _, name in _rows(cursor, TABLES, template)]
    script: list[sql.Composable] = [
        sql.SQL(
            "CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING GENERATED INCLUDING STORAGE)"
        ).format(sql.Identifier(schema, table), sql.Identifier(template, table))
        for table in tables
    ]
    script += [_copy(table, template, schema) for table in tables if _has_rows(cursor, template, table)]
    script += [_restart(table, column, schema) for table, column in _rows(cursor, IDENTITIES, template)]
    script += [
        sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
            sql.Identifier(schema, table), sql.Identifier(name), sql.SQL(text)
        )
        for table, name, text, _ in _rows(cursor, CONSTRAINTS, template)
    ]
    indexes = [text.replace(f" ON {template}.", f' ON "{schema}".', 1) for (text,) in _rows(cursor, INDEXES, template)]
    triggers = [text for (text,) in _rows(cursor, TRIGGERS, template)]
    return [*script, *(sql.SQL(text) for text in [*indexes, *triggers])]


def _rows(cursor: Any, query: str, template: str) -> list[Any]:
    cursor.execute(query, [template])
    return list(cursor.fetchall())


def _has_rows(cursor: Any, template: str, table: str) -> bool:
    cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(template, table)))
    return bool(cursor.fetchone()[0])


def _copy(table: str, template: str, schema: str) -> sql.Composable:
    names = (sql.Identifier(schema, table), sql.Identifier(template, table))
    return sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {}").format(*names)


def _restart(table: str, column: str, schema: str) -> sql.Composable:
    text = "SELECT setval(pg_get_serial_sequence({}, {}), (SELECT coalesce(max({}), 0) + 1 FROM {}), false)"
    name = sql.Literal(f'"{schema}"."{table}"')
    return sql.SQL(text).format(name, sql.Literal(column), sql.Identifier(column), sql.Identifier(schema, table))
