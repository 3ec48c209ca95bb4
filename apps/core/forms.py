"""How forms look: one field template, radio buttons as a stack or as a scale; and what is pasted or comes as a file."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.renderers import BaseRenderer, EngineMixin
from django.template.backends.django import DjangoTemplates
from django.utils import timezone
from django.utils.functional import cached_property, lazy
from django.utils.translation import gettext_lazy as _

from apps.core import clock_times
from apps.core.pages import first_of
from apps.core.sizes import LARGEST_FILE, megabytes
from apps.core.translating import flaw_said
from resimate_text.tables import Decoded, TableInvalid, as_text

MOMENT = "%Y-%m-%dT%H:%M"
WHOLE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?", re.ASCII)
TABLE_FILES = ".csv,.tsv,.txt,.xlsx,text/csv,text/plain"


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


class Suggesting(forms.TextInput):
    """A text that is mostly one of many: the browser offers those that fit what is typed."""

    template_name = "components/suggesting.html"

    def __init__(self, options: Sequence[str], attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.options = options

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{name}-options"
        context["widget"]["options"] = self.options
        return context


class Scale(Radios):
    """Three to five short choices side by side, where there is room for them."""

    kind = "scale"


def pasted_field(label: Any, help_text: Any = "", *, rows: int = 8) -> forms.CharField:
    """The field for lines that are pasted, if any are."""
    widget = forms.Textarea(attrs={"rows": rows, "spellcheck": "false"})
    return forms.CharField(
        label=label, required=False, strip=False, widget=widget, help_text=help_text, max_length=LARGEST_FILE
    )


def file_field(label: Any, accept: str, help_text: Any = "") -> forms.FileField:
    """The field for a file, if there is one; ``accept`` says which are offered for choosing."""
    widget = forms.FileInput(attrs={"accept": accept})
    return forms.FileField(label=label, required=False, widget=widget, help_text=help_text)


class MomentField(forms.DateTimeField):
    """A day with a time; a day alone is no moment."""

    def to_python(self, value: Any) -> Any:
        if value and not (isinstance(value, str) and WHOLE.fullmatch(value.strip())):
            raise ValidationError(_("Choose a day and a time."))
        return self._in_zone(str(value)) if value else None

    def _in_zone(self, text: str) -> datetime:
        """The moment of a time in the active zone; of two, when clocks go back, the first."""
        zone = timezone.get_current_timezone()
        try:
            naive = datetime.fromisoformat(text.strip())
        except ValueError:
            raise ValidationError(_("Choose a day and a time.")) from None
        if clock_times.is_skipped(naive, zone):
            said = _("Clocks in %(zone)s skip this time. Choose another one.")
            raise ValidationError(said, params={"zone": clock_times.zone_name()})
        return naive.replace(tzinfo=zone)

    def prepare_value(self, value: Any) -> Any:
        return clock_times.local(value).strftime(MOMENT) if isinstance(value, datetime) else value


def moment_field(label: Any, help_text: Any = "%(zone)s", **more: Any) -> MomentField:
    """A field for a moment; ``help_text`` names the ``%(zone)s`` in which it is read, whatever that is then."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
    return MomentField(label=label, help_text=_named(help_text), widget=widget, **more)


def _in_words(help_text: Any) -> str:
    return str(help_text) % {"zone": clock_times.zone_name()}


_named: Any = lazy(_in_words, str)


def show_again(form: forms.Form, name: str, text: str, notes: list[str]) -> None:
    """Put what was read into the field, and say what about it is to be looked at before it is sent again."""
    data: Any = form.data
    data = data.copy()
    data[form.add_prefix(name)] = text
    form.data = data
    asked = _("Nothing has been saved yet. Check the lines in this field, then send them again.")
    form.add_error(name, ValidationError([*notes, asked]))


def table_text(upload: Any, most: int = LARGEST_FILE) -> Decoded:
    """The text of an uploaded table, of a workbook too; refuses what is none with a sentence."""
    try:
        return as_text(content_of(upload, most))
    except TableInvalid as error:
        raise ValidationError(first_of([flaw_said(flaw) for flaw in error.flaws])) from None


def content_of(upload: Any, most: int = LARGEST_FILE) -> bytes:
    """The bytes of an uploaded file of at most that many; none when there is no file."""
    return b"" if upload is None else _content(upload, most)


def utf8_text(upload: Any, most: int) -> str:
    """The text of an uploaded file of at most that many bytes; refuses what is not UTF-8."""
    try:
        return _content(upload, most).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError(_("The file is not UTF-8 text.")) from None


def _content(upload: Any, most: int) -> bytes:
    if upload.size > most:
        raise ValidationError(_("The file is larger than %(most)d MB."), params={"most": megabytes(most)})
    return bytes(upload.read())
