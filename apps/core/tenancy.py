"""Which schema the work is in. The one place that knows that the connection of the tenants' backend has more to it."""

from typing import Any

from django.db import connection

_connection: Any = connection


def current_schema() -> str:
    """The schema of the tenant that this work is for; ``public`` for the platform's own."""
    return str(_connection.schema_name)


def enter_public() -> None:
    _connection.set_schema_to_public()


def enter(tenant: Any) -> None:
    _connection.set_tenant(tenant)
