from django.apps import AppConfig, apps
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"

    def ready(self) -> None:
        from apps.core import jobs  # noqa: F401  declares and hears events of its own
        from apps.core.translating import translate_names  # which asks for models

        for config in apps.get_app_configs():
            if config.name.startswith("apps."):
                translate_names(config)
        autodiscover_modules("events", "first_steps", "metrics", "navigation", "permissions", "readiness")
