from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core import moments
from apps.core.forms import (
    TABLE_FILES,
    Radios,
    file_field,
    pasted_field,
    show_again,
    table_text,
)
from apps.core.translating import translated
from apps.elicitation.models import WeightElicitation
from apps.outreach.forms import ContactsForm, introduction_field
from resimate_text.tables import Decoded


class ExpertsForm(ContactsForm):
    experts = pasted_field(
        _("Experts"), _("One person per line: name, e-mail. For example: Ada Lovelace, ada@example.org")
    )
    pasted = "experts"
    field_order: Any = ("experts", "file")


class AddExpertsForm(ExpertsForm):
    people_required = True


class ElicitationForm(ExpertsForm):
    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("Experts see this in the invitation."))
    method = forms.ChoiceField(label=_("How experts judge"), choices=WeightElicitation.Method.choices, widget=Radios())
    nodes = forms.MultipleChoiceField(
        label=_("What is weighed"),
        widget=forms.CheckboxSelectMultiple(),
        help_text=_("Experts weigh the parts of each node you choose."),
    )
    answer_by = forms.DateField(
        label=_("Please answer by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Shown in the invitation. You close the elicitation yourself."),
    )
    introduction = introduction_field()
    field_order = ("name", "method", "nodes", "answer_by", "introduction", *ExpertsForm.field_order)

    def __init__(self, *args: Any, nodes: list[tuple[str, str]], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.initial.setdefault("method", WeightElicitation.Method.BUDGET)
        self.fields["nodes"].choices = nodes  # type: ignore[attr-defined]  # declared as a Field
        if len(nodes) == 1:
            self.initial.setdefault("nodes", [nodes[0][0]])

    def clean_answer_by(self) -> date | None:
        answer_by: date | None = self.cleaned_data["answer_by"]
        if answer_by and answer_by < self.today:
            raise ValidationError(_("Choose a day in the future."))
        if wrong := moments.problem_of_day(answer_by, self.today, ""):
            raise ValidationError(wrong.detail)
        return answer_by


class JudgementsForm(forms.Form):
    """Judgements as CSV, pasted or from a file."""

    decoded = Decoded("")

    text = pasted_field(_("Judgements as CSV"), rows=10)
    file = file_field(_("Or a file: CSV or XLSX"), TABLE_FILES)

    def clean_file(self) -> str:
        decoded = table_text(self.cleaned_data.get("file"))
        self.decoded = decoded
        return decoded.text

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        given = [name for name in ("text", "file") if (cleaned.get(name) or "").strip()]
        if not self.errors and len(given) != 1:
            self.add_error("text", _("Choose one: pasted lines, or a file."))
        if self.decoded.notes and not self.errors:
            show_again(self, "text", self.decoded.text, [translated(note["detail"]) for note in self.decoded.notes])
        return cleaned

    @property
    def source(self) -> str:
        """The field that brought the lines."""
        return "file" if self.cleaned_data.get("file") else "text"

    @property
    def lines(self) -> str:
        return str(self.cleaned_data[self.source])
