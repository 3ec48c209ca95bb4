"""Where is this person signed in: a page of each account, with a button that ends it."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from apps.accounts import services
from apps.accounts.models import User
from apps.accounts.presenting import Place
from apps.core.admin import ServiceAdmin
from apps.core.pages import errors_as_messages


class SignedIn(ServiceAdmin[User]):
    """Adds to each account the page of its sessions."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(self.sessions_view))
        return [path("<uuid:object_id>/sessions/", view, name="accounts_user_sessions"), *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        given = tuple(super().get_readonly_fields(request, obj))
        return (*given, "sessions") if obj else given

    @admin.display(description=gettext_lazy("sessions"))
    def sessions(self, user: User) -> SafeString:
        address = reverse("admin:accounts_user_sessions", args=[user.pk])
        return format_html('<a href="{}">{}</a>', address, _("Where this person is signed in"))

    def sessions_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The live sessions of the account; sent, the form ends them all."""
        user, acting_user = self.get_object(request, str(object_id)), request.user
        if user is None:
            raise Http404
        if not (isinstance(acting_user, User) and services.may_see_sessions(acting_user, user)):
            raise PermissionDenied
        if request.method == "POST":
            return _end_all(request, user, acting_user)
        shown: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Where %(person)s is signed in") % {"person": user},
            "original": user,
            "opts": self.opts,
            "places": [Place(one) for one in services.live_sessions(user, now=timezone.now())],
        }
        return TemplateResponse(request, "admin/accounts/user/sessions.html", shown)


def _end_all(request: HttpRequest, user: User, acting_user: User) -> HttpResponse:
    with errors_as_messages(request):
        count = services.sign_out_everywhere(user, acting_user=acting_user, now=timezone.now())
        said = ngettext("%(count)d session has been ended.", "%(count)d sessions have been ended.", count)
        messages.success(request, said % {"count": count})
    return redirect("admin:accounts_user_sessions", user.pk)
