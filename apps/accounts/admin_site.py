from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.tenancy import current_schema


class AdminSite(admin.AdminSite):
    """Django's admin for administrators: of their tenant on its host, of the platform on the platform's."""

    site_title = "Resimate"
    index_title = _("Administration")
    site_url = "/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_authenticated and getattr(request.user, "is_staff", False))

    def each_context(self, request: Any) -> dict[str, Any]:
        tenant = getattr(request, "tenant", None)
        return super().each_context(request) | {"site_header": getattr(tenant, "name", "") or "Resimate"}

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one way to sign in, for the portal and the admin."""
        target = request.GET.get("next") or reverse("admin:index")
        return redirect_to_login(target, reverse("accounts:sign-in"))


def in_public_schema() -> bool:
    return current_schema() == "public"
