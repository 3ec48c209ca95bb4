from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "apps.tenants"
    label = "tenants"

    def ready(self) -> None:
        from apps.core import events
        from apps.tenants import tasks
        from apps.tenants.hosts import suspended_schemas

        events.wake_with(tasks.wake_workers)
        events.hold_back(suspended_schemas)
