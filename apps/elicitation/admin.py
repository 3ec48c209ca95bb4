"""The administration's view of elicitations: it looks, and acts through the services; nobody edits a state."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.admin_people import ErasesAfterAsking
from apps.accounts.workspace import user_of
from apps.core.admin import ReadOnlyAdmin
from apps.elicitation import services
from apps.elicitation.models import Expert, WeightElicitation
from apps.outreach.views import ERASURE


@admin.register(WeightElicitation)
class WeightElicitationAdmin(ReadOnlyAdmin[WeightElicitation]):
    list_display = ("name", "version", "method", "status", "opened_at", "applied_at")
    list_filter = ("status", "method")
    list_select_related = ("version__model",)
    search_fields = ("name",)
    ordering = ("-pk",)
    actions = ("close_selected",)

    @admin.action(description=gettext_lazy("Close the selected elicitations"))
    def close_selected(self, request: HttpRequest, queryset: QuerySet[WeightElicitation]) -> None:
        def close(one: WeightElicitation, now: datetime) -> None:
            services.close_elicitation(one, acting_user=user_of(request), now=now)

        self.each(request, queryset, close, _("{count} closed."))


@admin.register(Expert)
class ExpertAdmin(ErasesAfterAsking[Expert], ReadOnlyAdmin[Expert]):
    erasure = ERASURE
    list_display = ("name", "email", "elicitation", "language", "sent_at")
    list_filter = ("language",)
    list_select_related = ("elicitation", "key")
    fields = (
        *("elicitation", "name", "email", "language", "invited_at"),
        *("opened_at", "sent_at", "revoked_at", "created_at"),
    )
    ordering = ("-pk",)

    def may_erase(self, request: HttpRequest, one: Expert) -> bool:
        return user_of(request).has_perm("weight-elicitations:update", one.elicitation)

    def erase(self, one: Expert, *, acting_user: Any, now: datetime) -> None:
        services.erase_expert(one, acting_user=acting_user, now=now)
