from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class FilesConfig(AppConfig):
    name = "apps.files"
    label = "files"

    def ready(self) -> None:
        from apps.files import storage
        from apps.tenants import leftovers

        autodiscover_modules("file_kinds")
        leftovers.declare("files", storage.is_left)
