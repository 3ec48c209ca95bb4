from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.admin import ReadOnlyAdmin
from apps.tenants import hosts, services
from apps.tenants.models import Domain, Tenant


class TenantAdmin(ReadOnlyAdmin[Tenant]):
    """The tenants of the platform. Accounts register it: a tenant is made together with its first administrator."""

    list_display = ("slug", "name", "address", "status", "created_at")
    list_filter = ("status",)
    search_fields = ("slug", "name")
    ordering = ("slug",)
    actions = ("suspend", "resume")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        return super().get_queryset(request).prefetch_related("domains")

    @admin.display(description=_("address"))
    def address(self, tenant: Tenant) -> SafeString:
        return format_html('<a href="{0}">{0}</a>', hosts.home_of(tenant))

    @admin.action(description=_("Suspend the selected tenants"), permissions=["view"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        self.each(request, queryset, _suspend, gettext("{count} suspended."))

    @admin.action(description=_("Resume the selected tenants"), permissions=["view"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        self.each(request, queryset, _resume, gettext("{count} reopened."))


def _suspend(tenant: Tenant, now: datetime) -> None:
    services.suspend_tenant(tenant.slug, now=now)


def _resume(tenant: Tenant, now: datetime) -> None:
    services.resume_tenant(tenant.slug, now=now)


@admin.register(Domain)
class DomainAdmin(ReadOnlyAdmin[Domain]):
    list_display = ("domain", "tenant", "is_primary")
    list_select_related = ("tenant",)
    search_fields = ("domain",)
    ordering = ("domain",)
