import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db import DataError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.views import signing_in
from apps.audit import reading
from apps.core.tenancy import current_schema

logger = logging.getLogger(__name__)


class AdminSite(admin.AdminSite):
    """Django's admin for administrators: of their tenant on its host, of the platform on the platform's."""

    site_title = "Resimate"
    index_title = _("Administration")
    site_url = "/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_staff", False))

    def each_context(self, request: Any) -> dict[str, Any]:
        tenant = getattr(request, "tenant", None)
        return super().each_context(request) | {"site_header": getattr(tenant, "name", "") or "Resimate"}

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one way to sign in, for the portal and the admin; others than administrators stay out."""
        if request.user.is_authenticated:
            raise PermissionDenied
        target = request.GET.get("next") or reverse("admin:index")
        return redirect_to_login(target, reverse("accounts:sign-in"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return signing_in.sign_out(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("accounts:account")

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            match = request.resolver_match
            if match and any((match.url_name or "").startswith(f"{label}_") for label in _absent_labels()):
                raise Http404
            try:
                response: HttpResponseBase = view(request, *args, **kwargs)
            except (
                ValidationError,
                DataError,
                ValueError,
                OverflowError,
            ) as error:  # Django trusts ids and filters
                logger.warning("the administration was asked with a value that is none: %s", type(error).__name__)
                raise SuspiciousOperation from error
            _note_reading(response)
            return response

        guarded = super().admin_view(inner, cacheable)

        @wraps(guarded)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated and request.path != reverse("admin:logout"):
                return redirect_to_login(request.get_full_path(), reverse("accounts:sign-in"))  # told why they are
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            response: HttpResponseBase = guarded(request, *args, **kwargs)
            return response

        return door

    def _build_app_dict(self, request: Any, label: Any = None) -> Any:
        known = super()._build_app_dict(request, label)
        if label is not None:
            return None if label in _absent_labels() else known
        return {name: app for name, app in known.items() if name not in _absent_labels()}


def _note_reading(response: Any) -> None:
    """Record the personal data on a page of the administration: a list's, or an object's."""
    context = getattr(response, "context_data", None) or {}
    listed, shown = context.get("cl"), context.get("original") or context.get("object")
    model: Any = getattr(listed, "model", None) or type(shown)
    if not (issubclass(model, Model) and reading.is_personal(model)):
        return
    details = {"page": "admin"} | ({"count": len(listed.result_list)} if listed else {})
    reading.note(reading.kind_of(model), now=timezone.now(), target=None if listed else shown, details=details)


def _absent_labels() -> set[str]:
    """Apps whose tables are not for this host: a tenant's on the platform, the platform's at a tenant."""
    here = settings.SHARED_APPS if current_schema() == "public" else [*settings.TENANT_APPS, "apps.audit", "apps.keys"]
    return {
        config.label for config in apps.get_app_configs() if config.name.startswith("apps.") and config.name not in here
    }
