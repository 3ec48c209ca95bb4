"""Which schema the work is in. The one place that knows that the connection of the tenants' backend has more to it."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections

_connection: Any = connection
_connections: Any = connections
#: Where the handler keeps the connections of a thread that runs no event loop. Asking the handler itself looks for such
#: a loop first, and so takes as long as encrypting a field.
_held: Any = _connections._connections._storage  # noqa: SLF001  there is no public way around the search


def current_schema() -> str:
    """The schema of the tenant that this work is for; ``public`` for the platform's own. Each field asks for it."""
    held = getattr(_held, DEFAULT_DB_ALIAS, None) or _connections[DEFAULT_DB_ALIAS]
    schema: str = held.schema_name
    return schema


def enter_public() -> None:
    _connection.set_schema_to_public()


def enter(tenant: Any) -> None:
    _connection.set_tenant(tenant)
