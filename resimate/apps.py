from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps
from django.contrib.admin.apps import SimpleAdminConfig


class ResimateConfig(AppConfig):
    name = "resimate"
    default = True

    def ready(self) -> None:
        from resimate import celery, checks  # noqa: F401  the Celery app becomes the default; the checks register


class AdminConfig(SimpleAdminConfig):
    """The admin with our site; only our own apps register in it."""

    default_site = "apps.accounts.admin_site.AdminSite"

    def ready(self) -> None:
        super().ready()
        for config in apps.get_app_configs():
            if config.name.startswith("apps.") and find_spec(f"{config.name}.admin"):
                import_module(f"{config.name}.admin")
