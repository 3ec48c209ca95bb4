"""The pages of settings: all keys with what is in force, one with its layers and its past, and the way back."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_tenants.utils import get_public_schema_name

from apps.configuration import presenting, services
from apps.configuration.environment import flaws_of_environment, out_of_reach
from apps.configuration.forms import SettingForm
from apps.configuration.models import Layer, PlannedChange, Setting
from apps.configuration.registry import KEYS, Key
from apps.core.admin import ServiceAdmin
from apps.core.errors import Refused
from apps.core.tenancy import current_schema
from apps.core.translating import translated

LATEST = 50


@admin.register(Setting)
class SettingAdmin(ServiceAdmin[Setting]):
    """What can be set at this level: a tenant's own on its host, the global one on the platform's."""

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, "configuration_setting_"
        return [
            path("", view(self.changelist_view), name=f"{name}changelist"),
            path("versions/", view(self.versions_view), name=f"{name}versions"),
            path("waiting/<uuid:object_id>/", view(require_POST(self.decide_view)), name=f"{name}decide"),
            path("<str:object_id>/change/", view(self.change_view), name=f"{name}change"),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """What waits, and all keys under their headings, or those that are looked for."""
        self._refuse_stranger(request)
        if current_schema() == get_public_schema_name():
            for name, flaw in (flaws_of_environment() | out_of_reach()).items():
                messages.warning(request, f"{presenting.label_of(name)}: {translated(flaw)}")
        wanted, are_set = request.GET.get("q", "").strip()[:100], "set" in request.GET
        listing = presenting.in_areas(wanted, are_set=are_set)
        context = {
            "listing": listing,
            "waiting": presenting.waiting(request.user),
            "wanted": wanted,
            "are_set": are_set,
        }
        return self._page(request, "list", _("Settings"), context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One key: its form, what each level says, and what was said before."""
        self._refuse_stranger(request)
        if object_id not in KEYS:
            raise Http404
        key = KEYS[object_id]
        if request.method == "POST":
            return self._saved(request, key)
        return self._shown(request, key, SettingForm(key, initial=_initial(key)))

    def versions_view(self, request: HttpRequest) -> HttpResponse:
        """The whole history, and the way back to a version: first shown, then done."""
        self._refuse_stranger(request)
        wanted = _number(request.POST.get("to_version") or request.GET.get("to_version", ""))
        if request.method == "POST" and wanted is not None:
            return self._rolled_back(request, wanted)
        difference: presenting.Table | None = None
        if wanted is not None:
            try:
                difference = presenting.differing(wanted, services.difference(wanted))
            except Refused as refusal:
                messages.error(request, refusal.detail)
        past = presenting.past(services.history()[:LATEST])
        context = {"past": past, "difference": difference, "wanted": wanted}
        return self._page(request, "versions", _("History of settings"), context)

    def decide_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Agree to a change that waits, say no to it, or take it back."""
        self._refuse_stranger(request)
        decisions = {"approve": services.approve, "reject": services.reject, "cancel": services.cancel}
        decide = decisions.get(request.POST.get("decision", ""))
        if decide is None:
            raise Http404
        try:
            planned = services.find_planned(str(object_id))
            decide(planned, now=timezone.now(), actor=request.user)
        except Refused as refusal:
            messages.error(request, presenting.every_reason(refusal))
        else:
            messages.success(request, presenting.decided(planned.key, request.POST["decision"]))
        return redirect("admin:configuration_setting_changelist")

    def _refuse_stranger(self, request: HttpRequest) -> None:
        may = self.has_change_permission if request.method == "POST" else self.has_view_permission
        if not may(request):
            raise PermissionDenied

    def _saved(self, request: HttpRequest, key: Key) -> HttpResponse:
        is_taken_back, is_tried = "take_back" in request.POST, "try" in request.POST
        form = SettingForm(key, request.POST)
        if not is_taken_back and not form.is_valid():
            return self._shown(request, key, form)
        try:
            with services.tried(undone=is_tried):
                waits = _taken_back(request, key) if is_taken_back else _changed(request, key, form)
                done = _done(key, waits, is_tried=is_tried)
        except Refused as refusal:
            messages.error(request, presenting.every_reason(refusal))
            return self._shown(request, key, _fresh(request, key), status=refusal.status)
        if is_tried:
            messages.info(request, done)
            return self._shown(request, key, form)
        messages.success(request, done)
        return redirect("admin:configuration_setting_change", key.name)

    def _rolled_back(self, request: HttpRequest, wanted: int) -> HttpResponse:
        try:
            changes = services.rollback(wanted, now=timezone.now(), actor=request.user, reason=_reason(request))
        except Refused as refusal:
            messages.error(request, presenting.every_reason(refusal))
        else:
            messages.success(request, _("Settings changed: %(count)d") % {"count": len(changes)})
        return redirect("admin:configuration_setting_versions")

    def _shown(self, request: HttpRequest, key: Key, form: SettingForm, status: int = 200) -> HttpResponse:
        explained = services.explain(key.name)
        context = {
            "key": key,
            "about": translated(key.about),
            "lead": presenting.in_force(key, explained),
            "form": form,
            "may_be_set": self.has_change_permission(request) and _may_be_set(key),
            "is_set": services.is_set(services.Wish(key.name)),
            "tables": [
                *presenting.waiting(request.user, key.name),
                presenting.levels(key, explained),
                presenting.past(services.history(key.name)[:LATEST], of_one=True),
            ],
        }
        return self._page(request, "change", translated(key.label or key.name), context, status)

    def _page(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        given = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/configuration/setting/{name}.html", given, status=status)


def _fresh(request: HttpRequest, key: Key) -> SettingForm:
    """What was typed, beside what is set by now: who sends it again has seen that."""
    typed = request.POST.copy()
    typed["version"] = str(_initial(key)["version"])
    return SettingForm(key, typed)


def _initial(key: Key) -> dict[str, Any]:
    own = Setting.objects.filter(key=key.name, layer=Layer.OWN).first()
    value = own.value if own and not key.problem_with(own.value) else services.explain(key.name).value
    return {"value": value, "is_locked": bool(own and own.is_locked), "version": own.version if own else 0}


def _may_be_set(key: Key) -> bool:
    return not key.sensitive and services.Wish(key.name).level in key.levels


def _changed(request: HttpRequest, key: Key, form: SettingForm) -> PlannedChange | None:
    given, place = form.cleaned_data, form.place
    seen = given["version"] if place["layer"] == Layer.OWN else None
    manner = services.Manner(given["reason"], given["starts_at"], seen)
    return services.change(key.name, given["value"], now=timezone.now(), actor=request.user, manner=manner, **place)


def _taken_back(request: HttpRequest, key: Key) -> PlannedChange | None:
    seen = _number(request.POST.get("version", ""))
    manner = services.Manner(_reason(request), None, seen)
    return services.take_back(key.name, now=timezone.now(), actor=request.user, manner=manner)


def _reason(request: HttpRequest) -> str:
    """As far as it can be kept."""
    return request.POST.get("reason", "").replace("\0", "")[:200]


def _done(key: Key, waits: PlannedChange | None, *, is_tried: bool) -> str:
    """What has become of a change, or would."""
    if waits is not None and waits.state == PlannedChange.State.WAITING:
        tried, done = _("It would wait for a second administrator."), _("It waits for a second administrator.")
    elif waits is not None:
        tried, done = _("It would be made at its time."), _("It will be made at its time.")
    else:
        done = _("The setting is saved.")
        tried = _("Nothing is saved yet. It would be so: %(said)s") % {
            "said": presenting.in_force(key, services.explain(key.name))
        }
    return tried if is_tried else done


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
