from django.contrib import admin
from django.http import HttpRequest

from apps.notifications.models import Message


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin[Message]):
    """What was sent, or is waiting; nobody edits it."""

    list_display = ("kind", "subject", "state", "attempts", "due_at", "sent_at")
    list_filter = ("state", "kind", "channel")
    search_fields = ("subject", "dedupe_key")
    readonly_fields = (*list_display, "address", "body", "language", "channel", "last_error", "created_at")
    exclude = ("leased_until", "dedupe_key")
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False
