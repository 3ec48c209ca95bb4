"""Second factors, for administrators: whose phone is lost gets in again."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.admin_people import AsksAgain, FoundByAddress
from apps.accounts.workspace import user_of
from apps.factors import services
from apps.factors.models import Factor


@admin.register(Factor)
class FactorAdmin(AsksAgain[Factor], FoundByAddress[Factor]):
    list_display = ("user", "kind", "name", "created_at", "last_used_at")
    list_filter = ("kind",)
    list_select_related = ("user__key", "key")
    search_fields = ("id",)
    search_help_text = gettext_lazy("The whole e-mail address of an account.")
    ordering = ("-pk",)
    fields = ("user", "kind", "name", "created_at", "last_used_at")
    actions = ("remove",)
    asks_again = ("remove",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Factor]:
        return super().get_queryset(request).filter(confirmed=True)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(
        description=gettext_lazy("Remove the selected factors: their owners sign in without them"),
        permissions=["view"],
    )
    def remove(self, request: HttpRequest, queryset: QuerySet[Factor]) -> None:
        def take_away(factor: Factor, now: datetime) -> None:
            services.remove_factor(factor, acting_user=user_of(request), now=now)

        self.each(request, queryset, take_away, _("{count} removed."))
