"""django-tenants' backend, hardened.

- The search path and the role of the tenant are set by one statement, so that SQL written for tenant A is refused B's
  tables by PostgreSQL itself.
- A switch that fails raises: a missing role or a broken session never falls through to the wrong schema.
- It runs only when the session is new or was another tenant's, or when a rollback may have undone it. What state a
  session is in is remembered with the session itself, so it survives the pool; whatever is not certain is forgotten.
- A session that ended while nothing was asked of it is left before anybody asks: a thread keeps its own for minutes.
- The content types are shared by all schemas, so their cache survives a switch.
"""

import select
from typing import Any

from django_tenants.postgresql_backend import base
from django_tenants.utils import get_public_schema_name
from psycopg.pq import TransactionStatus

from apps.core.sql import tenant_role

#: Where a session's own state is remembered, on psycopg's connection object.
STATE = "_resimate_state"
SWITCH = "SELECT set_config('search_path', %s, false), set_config('role', %s, false)"


class DatabaseWrapper(base.DatabaseWrapper):
    _setting_search_path: bool

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        self.tenant = tenant
        self.schema_name = tenant.schema_name
        self.include_public_schema = include_public
        self.set_settings_schema(self.schema_name)
        self.search_path_set_schemas = None

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self._setting_search_path or self.search_path_set_schemas:
            return
        paths = self._get_cursor_search_paths()
        # Temporary tables come last: otherwise PostgreSQL would look there first, and they outlive the tenant's turn.
        state = (", ".join([*(f'"{path}"' for path in paths), "pg_temp"]), self._role())
        if getattr(self.connection, STATE, None) != state:
            self._switch(state, cursor)
        self.search_path_set_schemas = paths

    def _switch(self, state: tuple[str, str], cursor: Any) -> None:
        self._setting_search_path = True
        setattr(self.connection, STATE, None)
        own = self.connection.cursor() if cursor is None else cursor
        try:
            own.execute(SWITCH, state)
            setattr(self.connection, STATE, state)
        finally:
            self._setting_search_path = False
            if cursor is None:
                own.close()

    def close_if_unusable_or_obsolete(self) -> None:
        if self.connection is not None and _has_word(self.connection) and not self.is_usable():
            self.close()
        super().close_if_unusable_or_obsolete()

    def commit(self) -> None:
        # PostgreSQL answers COMMIT in a transaction that has failed with a rollback, and calls it no error.
        if self.connection is not None and self.connection.info.transaction_status != TransactionStatus.INTRANS:
            self._forget()
        super().commit()

    def rollback(self) -> None:
        self._forget()
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        self._setting_search_path = True  # a failed transaction takes no switch before its rollback, and needs none
        try:
            super().savepoint_rollback(sid)
        finally:
            self._setting_search_path = False
            self._forget()

    def _close(self) -> None:
        # The pool rolls an unfinished transaction back, and with it a switch that was made in it.
        if self.connection.info.transaction_status != TransactionStatus.IDLE:
            self._forget()
        super()._close()

    def _forget(self) -> None:
        self.search_path_set_schemas = None
        if self.connection is not None:
            setattr(self.connection, STATE, None)

    def _role(self) -> str:
        """The tenant's role; none in the public schema, and none for the connection that owns the schemas."""
        in_tenant = self.schema_name != get_public_schema_name()
        return tenant_role(self.schema_name) if in_tenant and self.settings_dict.get("TENANT_ROLES", True) else "none"


def _has_word(session: Any) -> bool:
    """Whether the server has said something unasked, which it does before it ends a session; this asks nothing."""
    if session.closed:
        return True
    idle = select.poll()
    idle.register(session.fileno(), select.POLLIN)
    return bool(idle.poll(0))
