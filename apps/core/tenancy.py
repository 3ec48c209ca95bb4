"""Which schema the work is in. The one place that knows that the connection of the tenants' backend has more to it."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections

_connection: Any = connection
_connections: Any = connections


def current_schema() -> str:
    """The schema of the tenant that this work is for; ``public`` for the platform's own. Each field asks for it."""
    schema: str = _connections[DEFAULT_DB_ALIAS].schema_name
    return schema


def enter_public() -> None:
    _connection.set_schema_to_public()


def enter(tenant: Any) -> None:
    _connection.set_tenant(tenant)
