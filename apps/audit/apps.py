from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AuditConfig(AppConfig):
    name = "apps.audit"
    label = "audit"

    def ready(self) -> None:
        from apps.audit import capture
        from apps.audit.models import AuditEntryManager

        autodiscover_modules("audit_kinds")
        AuditEntryManager.on_change = staticmethod(capture.entry_of_change)
        AuditEntryManager.on_relation = staticmethod(capture.entry_of_relation)
