from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.audit import kinds
from apps.audit.models import AuditEntry
from apps.core.admin import ReadOnlyAdmin
from apps.core.tenancy import current_schema


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    """What was done here; on the platform's host, what was done to the platform."""

    list_display = ("recorded_at", "action", "outcome", "actor_type", "actor", "object_type", "object_id", "page")
    list_filter = ("category", "outcome", "actor_type", "recorded_at")
    search_fields = ("=action", "=actor", "=object_id", "=trace_id")
    ordering = ("-pk",)
    fields = (
        *("id", "recorded_at", "occurred_at", "category", "action", "outcome", "actor_type", "actor"),
        *("ip", "user_agent", "trace_id", "object_type", "object_id", "details"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        return super().get_queryset(request).filter(tenant=current_schema())

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """By what apps note of the work that entries are of, too."""
        return (*self.search_fields, *(f"=details__{name}" for name in kinds.NOTED))

    @admin.display(description=_("page"))
    def page(self, entry: AuditEntry) -> str:
        """Where it was done, or read: of what says so."""
        return str(entry.details.get("page", ""))
