"""Which app's tables live where, for migrations on the owner's connection (or the tests' only one)."""

from typing import Any

from django.conf import settings
from django.db import connections
from django_tenants.routers import TenantSyncRouter
from django_tenants.utils import get_public_schema_name


class TenantRouter(TenantSyncRouter):
    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        in_public = connections[db].schema_name == get_public_schema_name()  # type: ignore[attr-defined]  # django-tenants adds it
        installed = settings.SHARED_APPS if in_public else settings.TENANT_APPS
        return None if self.app_in_list(app_label, installed) else False
