from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ConfigurationConfig(AppConfig):
    name = "apps.configuration"
    label = "configuration"

    def ready(self) -> None:
        from apps.configuration import subscribers  # noqa: F401  they register themselves

        autodiscover_modules("settings_keys")
