"""The pages of settings: all keys with what is in force, one with its layers and its past, and the way back."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_tenants.utils import get_public_schema_name

from apps.audit import reading
from apps.configuration import services
from apps.configuration.environment import flaws_of_environment, out_of_reach
from apps.configuration.forms import SettingForm, said_value
from apps.configuration.models import Layer, PlannedChange, Setting
from apps.configuration.registry import KEYS, Key, Level
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
        """All keys in the order of their names, and what waits."""
        self._refuse_stranger(request)
        if current_schema() == get_public_schema_name():
            for name, flaw in (flaws_of_environment() | out_of_reach()).items():
                messages.warning(request, f"{_label(name)}: {translated(flaw)}")
        explained = services.explain_all()
        rows = sorted((_row(KEYS[name], explained[name]) for name in KEYS), key=lambda row: row["label"].casefold())
        return self._page(request, "list", _("Settings"), {"rows": rows, "waiting": _waiting(request)})

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
        differences: list[dict[str, Any]] | None = None
        if wanted is not None:
            try:
                differences = [_differing(one) for one in services.difference(wanted)]
            except Refused as refusal:
                messages.error(request, refusal.detail)
        return self._page(
            request,
            "versions",
            _("History of settings"),
            {"changes": _history(request), "differences": differences, "wanted": wanted},
        )

    def decide_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Agree to a change that waits, say no to it, or take it back."""
        self._refuse_stranger(request)
        decisions = {"approve": services.approve, "reject": services.reject, "cancel": services.cancel}
        decide = decisions.get(request.POST.get("decision", ""))
        if decide is None:
            raise Http404
        try:
            decide(services.find_planned(str(object_id)), now=timezone.now(), actor=request.user)
        except Refused as refusal:
            messages.error(request, _every(refusal))
        else:
            messages.success(request, _("It is decided."))
        return redirect("admin:configuration_setting_changelist")

    def _refuse_stranger(self, request: HttpRequest) -> None:
        may = self.has_change_permission if request.method == "POST" else self.has_view_permission
        if not may(request):
            raise PermissionDenied

    def _saved(self, request: HttpRequest, key: Key) -> HttpResponse:
        is_taken_back = "take_back" in request.POST
        form = SettingForm(key, request.POST)
        if not is_taken_back and not form.is_valid():
            return self._shown(request, key, form)
        try:
            waits = _taken_back(request, key) if is_taken_back else _changed(request, key, form)
        except Refused as refusal:
            messages.error(request, _every(refusal))
            return self._shown(request, key, _fresh(request, key), status=refusal.status)
        done = _("It waits, as the list below the settings says.") if waits else _("The setting is saved.")
        messages.success(request, done)
        return redirect("admin:configuration_setting_change", key.name)

    def _rolled_back(self, request: HttpRequest, wanted: int) -> HttpResponse:
        try:
            changes = services.rollback(
                wanted, now=timezone.now(), actor=request.user, reason=request.POST.get("reason", "")[:200]
            )
        except Refused as refusal:
            messages.error(request, _every(refusal))
        else:
            messages.success(request, _("Settings changed: %(count)d") % {"count": len(changes)})
        return redirect("admin:configuration_setting_versions")

    def _shown(self, request: HttpRequest, key: Key, form: SettingForm, status: int = 200) -> HttpResponse:
        explained = services.explain(key.name)
        names = _names(request, (one.by for one in explained.said))
        layers = [
            {
                "level": level_in_words(one.level),
                "value": _value(key, one.value),
                "who": names.get(one.by, one.by),
                "said": one,
                "is_in_force": one is explained.winner,
                "problem": translated(one.problem) if one.problem else "",
            }
            for one in explained.said
        ]
        context = {
            "key": key,
            "row": _row(key, explained),
            "form": form,
            "layers": layers,
            "may_be_set": self.has_change_permission(request) and _may_be_set(key),
            "is_set": services.is_set(services.Wish(key.name)),
            "changes": _history(request, key.name),
        }
        return self._page(request, "change", translated(key.label or key.name), context, status)

    def _page(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        given = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/configuration/setting/{name}.html", given, status=status)


def level_in_words(level: Level) -> str:
    return {
        Level.DEFAULT: _("Default"),
        Level.ENVIRONMENT: _("Installation"),
        Level.GLOBAL: _("Platform"),
        Level.TENANT: _("Organisation"),
        Level.USER: _("User"),
        Level.RUNTIME: _("For a time"),
    }[level]


def _row(key: Key, explained: services.Explained) -> dict[str, Any]:
    return {
        "key": key.name,
        "label": translated(key.label or key.name),
        "about": translated(key.about),
        "value": _value(key, explained.value),
        "level": level_in_words(explained.winner.level),
        "at": explained.winner.at,
        "needs_two": key.needs_two,
    }


def _value(key: Key | None, value: Any) -> str:
    if key is None:
        return str(value)
    return _("Shown to nobody") if key.sensitive else said_value(key, value)


def _facts(name: str, facts: dict[str, Any] | None) -> str:
    if facts is None:
        return _("Nothing")
    value = _value(KEYS.get(name), facts["value"])
    return _("%(value)s (locked)") % {"value": value} if facts["locked"] else value


def _differing(one: services.Difference) -> dict[str, Any]:
    """What going back makes of what is set now."""
    return {"label": _label(one.key), "now": _facts(one.key, one.new), "then": _facts(one.key, one.old)}


def _label(name: str) -> str:
    return translated(KEYS[name].label or name) if name in KEYS else name


def _history(request: HttpRequest, key: str | None = None) -> list[dict[str, Any]]:
    rows = list(services.history(key)[:LATEST])
    names = _names(request, (one.changed_by for one in rows))
    return [
        {
            "change": one,
            "label": _label(one.key),
            "who": names.get(one.changed_by, one.changed_by),
            "old": _facts(one.key, one.old),
            "new": _facts(one.key, one.new),
        }
        for one in rows
    ]


def _waiting(request: HttpRequest) -> list[dict[str, Any]]:
    rows = list(services.planned_changes())
    names = _names(request, (one.asked_by for one in rows))
    return [
        {
            "planned": one,
            "label": _label(one.key),
            "new": _facts(one.key, one.new),
            "who": names.get(one.asked_by, one.asked_by),
            "is_waiting": one.state == PlannedChange.State.WAITING,
            "is_own": one.asked_by == str(request.user.pk),
        }
        for one in rows
    ]


def _names(request: HttpRequest, ids: Iterable[str]) -> dict[str, str]:
    """Who they are, by their ids; that it was read is on record."""
    users = {one for one in ids if len(one) == len("00000000-0000-0000-0000-000000000000")}
    found = {str(one.pk): str(one) for one in get_user_model().objects.filter(pk__in=users)} if users else {}
    if found:
        details = {"page": "admin", "count": len(found)}
        reading.note(reading.kind_of(get_user_model()), now=timezone.now(), details=details)
    words = {"operator": _("Operator"), "system": _("The system")}
    return words | found


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
    manner = services.Manner(request.POST.get("reason", "")[:200], None, seen)
    return services.take_back(key.name, now=timezone.now(), actor=request.user, manner=manner)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _every(refusal: Refused) -> str:
    """A refusal with each of its reasons."""
    reasons = [translated(one.detail) for one in refusal.errors if one.detail != refusal.detail]
    return " ".join([translated(refusal.detail), *reasons])
