"""The page of the keys that protect a tenant's data: for their custodians, and nobody else."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.accounts import services
from apps.core import jobs
from apps.core.admin import ReadOnlyAdmin
from apps.core.errors import Refused
from apps.core.tenancy import current_schema
from apps.core.translating import translated
from apps.keys import services as keys
from apps.keys.models import DataKey


@admin.register(DataKey)
class DataKeyAdmin(ReadOnlyAdmin[DataKey]):
    """Versions, their state, and how many values are under each: there it shows what a rotation has left to do."""

    list_display = ("purpose", "version", "state", "provider", "values", "counted_at", "created_at", "unused_at")
    list_filter = ("purpose", "state")
    ordering = ("purpose", "-version", "pk")
    exclude = ("wrapped", "escrow", "seen_writes")
    actions = ("rotate",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataKey]:
        return super().get_queryset(request).filter(tenant=current_schema())

    def get_urls(self) -> list[URLPattern]:
        verify = self.admin_site.admin_view(require_POST(self.verify))
        return [path("verify/", verify, name="keys_datakey_verify"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        shown: dict[str, Any] = {}
        if self.has_view_permission(request):
            shown = {
                "custody": keys.custody_of(current_schema()),
                "verification": services.latest_verification(),
                "may_verify": request.user.has_perm("keys:verify"),
            }
        return super().changelist_view(request, {**(extra_context or {}), **shown})

    def verify(self, request: HttpRequest) -> HttpResponse:
        """Begin to look at everything; who may not is refused by the service."""
        acting_user: Any = request.user
        try:
            jobs.run_if_alone(services.ask_for_verification(acting_user=acting_user, now=timezone.now()))
        except Refused as refusal:
            messages.error(request, translated(refusal.detail))
        else:
            messages.success(request, _("Everything is being verified. Reload this page to see how far it is."))
        return redirect("admin:keys_datakey_changelist")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("keys:read"))

    def has_rotate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("keys:rotate"))

    @admin.action(description=gettext_lazy("Rotate now"), permissions=["rotate"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[DataKey]) -> None:
        """Replace the keys of the purposes that were ticked, whatever versions."""
        acting_user: Any = request.user
        for purpose in sorted(set(queryset.values_list("purpose", flat=True))):
            name = str(DataKey.Purpose(purpose).label)
            try:
                services.ask_for_rotation(purpose, acting_user=acting_user, now=timezone.now())
            except Refused as refusal:
                messages.error(request, f"{name}: {translated(refusal.detail)}")
            else:
                messages.success(request, _("A new key is being made: %(name)s. Reload this page.") % {"name": name})
