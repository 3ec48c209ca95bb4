from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin import ReadOnlyAdmin
from apps.notifications import phones
from apps.notifications.models import Message


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin[Message]):
    """What was sent, or is waiting. The text stays inside: it may hold a personal link, by which anybody answers."""

    list_display = ("kind", "subject", "state", "attempts", "due_at", "sent_at")
    list_filter = ("state", "kind", "channel")
    search_fields = ("subject",)
    fields = (
        *list_display,
        "about_type",
        "about_id",
        "shown_address",
        "language",
        "channel",
        "last_error",
        "created_at",
    )
    list_select_related = ("key",)
    ordering = ("-pk",)

    @admin.display(description=_("address"))
    def shown_address(self, message: Message) -> str:
        """A telephone number stays inside: it stands in for a second factor of whose it is."""
        return phones.masked(message.address) if message.channel == "sms" else message.address
