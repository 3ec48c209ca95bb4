"""Erasing somebody from the screen: a page says first what will be gone and what stays, since it cannot be undone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.core.admin import M, ServiceAdmin
from apps.core.pages import errors_as_messages

DONE = gettext_lazy("Erased. Nobody can tell any more who this was.")


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is said before somebody of a kind is erased, sentence by sentence: what will be gone, and what stays."""

    gone: tuple[Any, ...]
    stays: tuple[Any, ...]


class ErasingAdmin(ServiceAdmin[M]):
    """People who can be erased from their page of the administration."""

    change_form_template = "admin/erasing/change_form.html"
    erasure: Erasure

    def may_erase(self, request: HttpRequest, one: Any) -> bool:
        """Whether who asks has the right to erase this person."""
        raise NotImplementedError

    def erase(self, one: Any, *, acting_user: Any, now: datetime) -> None:
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(self.erase_view))
        return [path("<uuid:object_id>/erase/", view, name=self._route("erase")), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        one = context.get("original")
        if one is not None and not one.is_erased and self.may_erase(request, one):
            context["erase_url"] = reverse(f"admin:{self._route('erase')}", args=[one.pk])
        return super().render_change_form(request, context, *args, **kwargs)

    def erase_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Say what it means, and do it when that was read."""
        one: Any = self.get_object(request, str(object_id))
        if one is None:
            raise Http404
        if not self.may_erase(request, one):
            raise PermissionDenied
        back = reverse(f"admin:{self._route('change')}", args=[one.pk])
        if request.method == "POST":
            with errors_as_messages(request):
                self.erase(one, acting_user=request.user, now=timezone.now())
                messages.success(request, str(DONE))
            return redirect(back)
        context = {"title": _("Erase this person"), "original": one, "erasure": self.erasure, "back": back}
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, "admin/erasing/confirm.html", {**shared, **context})

    def _route(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"
