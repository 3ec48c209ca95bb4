"""How forms look: one field template, and radio buttons as a stack or as a scale."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.forms.renderers import BaseRenderer, EngineMixin
from django.template.backends.django import DjangoTemplates
from django.utils.functional import cached_property


class FormRenderer(EngineMixin, BaseRenderer):
    """Our templates first, then those of the installed apps, then Django's own widgets."""

    backend = DjangoTemplates
    form_template_name = "components/form.html"
    field_template_name = "components/field.html"

    @cached_property
    def engine(self) -> DjangoTemplates:
        return DjangoTemplates(
            {"NAME": "forms", "APP_DIRS": True, "DIRS": list(_template_folders()), "OPTIONS": {}},
        )


def _template_folders() -> Sequence[str | Path]:
    project: Any = settings.TEMPLATES[0]["DIRS"]
    return [*project, Path(forms.__file__).parent / "templates"]


class Radios(forms.RadioSelect):
    """Choices below each other, each a large target."""

    template_name = "components/radios.html"
    kind = "stack"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["kind"] = self.kind
        return context


class Scale(Radios):
    """Three to five short choices side by side, where there is room for them."""

    kind = "scale"
