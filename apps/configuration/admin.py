import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from apps.configuration import services
from apps.configuration.models import Setting
from apps.configuration.registry import KEYS
from apps.core.admin import ServiceAdmin
from apps.core.translating import translated


class ValueField(forms.CharField):
    """A text setting as it is, everything else as JSON: nobody has to put quotes around a name."""

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value)


class SettingForm(forms.ModelForm[Setting]):
    key = forms.ChoiceField(choices=lambda: [(key, f"{key}: {KEYS[key].about}") for key in sorted(KEYS)])
    value = ValueField(
        required=False, initial="", help_text=gettext_lazy("A text or a number, without quotation marks.")
    )

    class Meta:
        model = Setting
        fields = ("key", "value")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        key = KEYS.get(given.get("key") or self.instance.key)
        if key is None or "value" not in given:
            return given
        try:
            given["value"] = key.read(given["value"])
        except ValueError:
            self.add_error("value", gettext("This value is not valid for the setting."))
        else:
            if problem := key.problem_with(given["value"]):
                self.add_error("value", translated(problem))
        return given


@admin.register(Setting)
class SettingAdmin(ServiceAdmin[Setting]):
    """What is set at this level: a tenant's own on its host, the global one on the platform's."""

    form = SettingForm
    list_display = ("key", "value", "changed_at")
    search_fields = ("key",)
    ordering = ("key",)

    def get_readonly_fields(self, request: HttpRequest, obj: Setting | None = None) -> tuple[str, ...]:
        return ("key",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Setting, form: Any, change: bool) -> None:
        services.change(obj.key, obj.value, now=timezone.now(), actor=request.user)
        obj.pk = Setting.objects.get(key=obj.key).pk

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
