from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ConfigurationConfig(AppConfig):
    name = "apps.configuration"
    label = "configuration"

    def ready(self) -> None:
        autodiscover_modules("settings_keys")
