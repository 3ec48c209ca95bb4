"""Roles and database: an owner that migrates, and a runtime role that owns nothing.

Works on the embedded server and on any other: the roles' names begin with a prefix, because roles belong to the whole
server. Every statement may be repeated.
"""

from typing import LiteralString
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql


def ensure_roles_and_database(
    superuser_url: str, *, database: str, owner: str, owner_password: str, app: str, app_password: str
) -> None:
    """Make both roles and the database on a server of which we are the superuser."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        _ensure_role(connection, owner, owner_password, "LOGIN CREATEROLE")
        _ensure_role(connection, app, app_password, "LOGIN NOINHERIT")
        if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", database):
            connection.execute(_fill("CREATE DATABASE {} OWNER {} TEMPLATE template0", database, owner))
    with psycopg.connect(_in_database(superuser_url, database), autocommit=True) as connection:
        _restrict(connection, database, app)


def ensure_app_role(owner_url: str, *, app: str, app_password: str) -> None:
    """Make the runtime role through the owner's own connection, on a server that is not ours."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        _ensure_role(connection, app, app_password, "LOGIN NOINHERIT")
        _restrict(connection, connection.info.dbname, app)


def _ensure_role(connection: psycopg.Connection, role: str, password: str, options: LiteralString) -> None:
    verb: LiteralString = (
        "ALTER" if _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role) else "CREATE"
    )
    connection.execute(
        sql.SQL("{} ROLE {} {} PASSWORD {}").format(
            sql.SQL(verb),
            sql.Identifier(role),
            sql.SQL(options),
            sql.Literal(password),
        )
    )


def _restrict(connection: psycopg.Connection, database: str, app: str) -> None:
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    connection.execute(_fill("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC", database))
    connection.execute(_fill("GRANT CONNECT ON DATABASE {} TO {}", database, app))


def _fill(statement: LiteralString, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))


def _exists(connection: psycopg.Connection, query: LiteralString, name: str) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None


def _in_database(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{quote(database)}").geturl()
