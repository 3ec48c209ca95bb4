"""A setting as a form: its value in the field that suits its kind, and how it is to be set."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_lazy

from apps.configuration.models import Layer
from apps.configuration.registry import Key, Level, json_of
from apps.core.forms import Suggesting, moment_field
from apps.core.translating import translated


def _fault_of(text: str) -> str:
    """Where a text stops being JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        return gettext("This is no JSON: look at line %(line)d, character %(column)d.") % where
    except RecursionError:
        pass
    return gettext("This value is not valid for the setting.")


class JsonField(forms.CharField):
    """Whatever no other field suits."""

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)

    def to_python(self, value: Any) -> Any:
        try:
            return json_of(value or "")
        except ValueError:
            raise ValidationError(_fault_of(value or "")) from None


class TextField(forms.CharField):
    """A text as it is, or in the quotation marks in which files have it."""

    def to_python(self, value: Any) -> Any:
        text = str(super().to_python(value))
        try:
            return json_of(text) if text.startswith('"') else text
        except ValueError:
            raise ValidationError(gettext("This value is not valid for the setting.")) from None


def value_field(key: Key) -> forms.Field:
    """The field for a key's value."""
    kind = "choice" if "enum" in key.schema else str(key.schema.get("type"))
    if kind == "array" and "enum" in key.schema.get("items", {}):
        kind = "choices"
    return FIELDS.get(kind, _json)(key)


def _choice(key: Key) -> forms.Field:
    values = {str(one): one for one in key.schema["enum"]}
    return forms.TypedChoiceField(choices=[(one, _word(key, one)) for one in values], coerce=values.__getitem__)


def _choices(key: Key) -> forms.Field:
    options = [(one, _word(key, one)) for one in key.schema["items"]["enum"]]
    return forms.MultipleChoiceField(choices=options, widget=forms.CheckboxSelectMultiple)


def _yes_or_no(key: Key) -> forms.Field:
    options = [("True", gettext("Yes")), ("False", gettext("No"))]
    return forms.TypedChoiceField(choices=options, coerce=lambda text: text == "True")


def _whole(key: Key) -> forms.Field:
    return forms.IntegerField(min_value=key.schema.get("minimum"), max_value=key.schema.get("maximum"))


def _number(key: Key) -> forms.Field:
    return forms.FloatField(min_value=key.schema.get("minimum"), max_value=key.schema.get("maximum"))


def _text(key: Key) -> forms.Field:
    widget = Suggesting(sorted(key.options())) if key.options else forms.TextInput()
    is_wanted = key.problem_with("") is not None
    return TextField(required=is_wanted, max_length=key.schema.get("maxLength"), widget=widget)


def _json(key: Key) -> forms.Field:
    return JsonField()


FIELDS: dict[str, Callable[[Key], forms.Field]] = {
    "choice": _choice,
    "choices": _choices,
    "boolean": _yes_or_no,
    "integer": _whole,
    "number": _number,
    "string": _text,
}


def said_value(key: Key, value: Any) -> str:
    """A value in words, on a page."""
    if value is None or value == "" or value == []:
        return gettext("Empty")
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list):
        return ", ".join(_word(key, one) for one in value)
    if isinstance(value, (int, float)):
        return number_format(value, force_grouping=True)
    return _word(key, value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _word(key: Key, value: Any) -> str:
    word = key.words.get(str(value))
    return translated(word) if word else str(value)


class SettingForm(forms.Form):
    """``version`` is what was set when the form was shown: who saves later than another is told so."""

    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, required=False, help_text=gettext_lazy("Stays in the history.")
    )
    starts_at = moment_field(
        gettext_lazy("From"), required=False, help_text=gettext_lazy("At once, if empty. %(zone)s")
    )
    until = moment_field(
        gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("For a time only: it goes before everything else, and ends by itself. %(zone)s"),
    )
    is_locked = forms.BooleanField(
        label=gettext_lazy("Lock"), required=False, help_text=gettext_lazy("Levels below cannot say otherwise.")
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, key: Key, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key
        field = value_field(key)
        field.label = translated(key.label or key.name)
        self.fields = {"value": field, **self.fields}
        if Level.RUNTIME not in key.levels:
            del self.fields["until"]

    def clean_value(self) -> Any:
        value = self.cleaned_data["value"]
        if problem := self.key.problem_with(value):
            raise ValidationError(translated(problem))
        return value

    @property
    def place(self) -> dict[str, Any]:
        """Where it is to be set: for good, or until a moment."""
        until: datetime | None = self.cleaned_data.get("until")
        layer = Layer.RUNTIME if until else Layer.OWN
        return {"layer": layer, "until": until, "is_locked": self.cleaned_data["is_locked"] and not until}
