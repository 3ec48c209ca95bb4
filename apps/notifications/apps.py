from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class NotificationsConfig(AppConfig):
    name = "apps.notifications"
    label = "notifications"

    def ready(self) -> None:
        from apps.notifications import subscribers  # noqa: F401  they register themselves

        autodiscover_modules("messages", "channels")
        from apps.notifications.channels.base import check_kinds

        check_kinds()
