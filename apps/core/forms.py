"""How forms look: one field template, radio buttons as a stack or as a scale; and people, pasted or from a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.renderers import BaseRenderer, EngineMixin
from django.template.backends.django import DjangoTemplates
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.core import contacts
from apps.core.contacts import Contact

LARGEST_FILE = 2 * 1024 * 1024


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


def pasted_contacts(label: Any, help_text: Any) -> forms.CharField:
    """The field for people, one line each."""
    widget = forms.Textarea(attrs={"rows": 8, "spellcheck": "false"})
    return forms.CharField(label=label, required=False, strip=False, widget=widget, help_text=help_text)


class ContactsForm(forms.Form):
    """People, pasted into the field that ``pasted`` names or from a file; ``contacts`` of the clean data has them."""

    file = forms.FileField(
        label=_("Or a CSV file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
        help_text=_("The same columns; its lines are added to those above."),
    )
    pasted = ""
    people_required = False

    def clean_file(self) -> str:
        return decoded(self.cleaned_data.get("file"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        people: list[Contact] = []
        for name in (self.pasted, "file"):
            reading = contacts.read(cleaned.get(name) or "")
            people += reading.contacts
            if reading.problems:
                self.add_error(name, [ValidationError(problem) for problem in reading.problems[:20]])
        if self.people_required and not people and not self.errors:
            self.add_error(self.pasted, _("Name at least one person."))
        cleaned["contacts"] = people
        return cleaned


def decoded(upload: Any) -> str:
    """The text of an uploaded file; empty when there is none."""
    if upload is None:
        return ""
    if upload.size > LARGEST_FILE:
        raise ValidationError(_("The file is larger than 2 MB."))
    return contacts.decode(upload.read())
