from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"

    def ready(self) -> None:
        from apps.core import jobs  # noqa: F401  declares and hears events of its own

        autodiscover_modules("events", "metrics", "navigation", "permissions", "readiness")
