from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class OutreachConfig(AppConfig):
    name = "apps.outreach"
    label = "outreach"

    def ready(self) -> None:
        autodiscover_modules("links")
