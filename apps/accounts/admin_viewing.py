"""Seeing the product as somebody else does: a button on the page of what an account may do."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.accounts import authz, services
from apps.accounts.models import User
from apps.accounts.sessions import AAL2
from apps.accounts.stepping_up import require_fresh
from apps.accounts.workspace import user_of
from apps.core.admin import ServiceAdmin
from apps.core.errors import Refused
from apps.core.translating import translated


class Viewed(ServiceAdmin[User]):
    """Lets an administrator see the product as an account does."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_fresh(acr=AAL2)(require_POST(self.view_as)))
        return [path("<uuid:object_id>/view-as/", view, name="accounts_user_view_as"), *super().get_urls()]

    def view_as(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """From now on, for some minutes, pages are as the account sees them."""
        person = self.get_object(request, str(object_id))
        if person is None:
            raise Http404
        try:
            services.start_view(request.session, person, acting_user=user_of(request), now=timezone.now())
        except authz.NotPermitted as refusal:
            raise PermissionDenied from refusal
        except Refused as refusal:
            messages.error(request, translated(refusal.detail))
            return redirect("admin:accounts_user_permissions", person.pk)
        rotate_token(request)
        return redirect("/")


def may_view(viewer: Any, person: User) -> bool:
    """Whether to draw the button: what is refused for other reasons is said when it is pressed."""
    return person.is_active and person.pk != viewer.pk and authz.allows(viewer, "users:view_as", person)
