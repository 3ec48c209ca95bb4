"""django-tenants' backend, hardened.

- The search path and the role of the tenant are set by one statement, so that SQL written for tenant A is refused B's
  tables by PostgreSQL itself.
- A switch that fails raises: a missing role or a broken session never falls through to the wrong schema.
- It runs only when the connection is new, the tenant changed, or a rollback may have undone it.
- The content types are shared by all schemas, so their cache survives a switch.
"""

from typing import Any

from django_tenants.postgresql_backend import base
from django_tenants.utils import get_public_schema_name

from apps.core.sql import tenant_role

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
        self._setting_search_path = True
        own = self.connection.cursor() if cursor is None else cursor
        try:
            own.execute(SWITCH, [", ".join(f'"{path}"' for path in paths), self._role()])
            self.search_path_set_schemas = paths
        finally:
            self._setting_search_path = False
            if cursor is None:
                own.close()

    def _role(self) -> str:
        """The tenant's role; none in the public schema, and none for the connection that owns the schemas."""
        in_tenant = self.schema_name != get_public_schema_name()
        return tenant_role(self.schema_name) if in_tenant and self.settings_dict.get("TENANT_ROLES", True) else "none"
