"""The administration's view of campaigns: it looks, and acts through the services; nobody edits a state."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.admin_people import ErasesAfterAsking
from apps.accounts.workspace import user_of
from apps.campaigns import services
from apps.campaigns.models import Campaign, Stakeholder
from apps.core.admin import NamedValuesFilter, ReadOnlyAdmin, ServiceAdmin
from apps.core.errors import Refused
from apps.core.translating import translated
from apps.outreach.views import ERASURE


@admin.register(Campaign)
class CampaignAdmin(ServiceAdmin[Campaign]):
    list_display = ("name", "subject", "status", "opened_at", "closes_at")
    list_filter = ("status",)
    list_select_related = ("subject",)
    search_fields = ("name", "subject__name")
    readonly_fields = (
        *("name", "introduction", "version", "subject", "period", "reference_set", "status"),
        *("opened_at", "closes_at", "closed_at", "assessment", "owner", "created_at"),
    )
    ordering = ("-pk",)
    actions = ("open_selected", "close_selected")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return False

    @admin.action(description=_("Open the selected campaigns and invite"))
    def open_selected(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        for campaign in queryset:
            try:
                services.open_campaign(campaign, acting_user=user_of(request), now=timezone.now())
            except Refused as refused:
                self.message_user(request, f"{campaign}: {translated(refused.detail)}", messages.ERROR)

    @admin.action(description=_("Close the selected campaigns"))
    def close_selected(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        for campaign in queryset:
            try:
                services.close_campaign(campaign, acting_user=user_of(request), now=timezone.now())
            except Refused as refused:
                self.message_user(request, f"{campaign}: {translated(refused.detail)}", messages.ERROR)


@admin.register(Stakeholder)
class StakeholderAdmin(ErasesAfterAsking[Stakeholder], ReadOnlyAdmin[Stakeholder]):
    erasure = ERASURE
    list_display = ("name", "email", "group", "language")
    list_filter = (("group", NamedValuesFilter), "language")
    fields = ("name", "email", "group", "language", "user", "created_at")
    ordering = ("-pk",)

    def may_erase(self, request: HttpRequest, one: Stakeholder) -> bool:
        return user_of(request).has_perm("stakeholders:delete", one)

    def erase(self, one: Stakeholder, *, acting_user: Any, now: datetime) -> None:
        services.erase_stakeholder(one, acting_user=acting_user, now=now)
