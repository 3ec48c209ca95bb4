from django.apps import AppConfig


class EmergencyConfig(AppConfig):
    name = "apps.emergency"
    label = "emergency"

    def ready(self) -> None:
        from apps.audit.capture import follow
        from apps.emergency import middleware, panels, subscribers  # noqa: F401  they register themselves
        from apps.emergency.models import EmergencyAccess

        follow(EmergencyAccess)
