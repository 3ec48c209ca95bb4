"""What forms ask about people outside: who they are, and why they are asked."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core.forms import TABLE_FILES, content_of, file_field, show_again
from apps.core.pages import first_of
from apps.core.translating import translated
from apps.outreach import contacts
from apps.outreach.contacts import Reading
from apps.outreach.models import LONGEST_INTRODUCTION
from resimate_text.addresses import mailbox


def introduction_field() -> forms.CharField:
    """The field for what people behind personal links read first."""
    return forms.CharField(
        label=_("Introduction"),
        required=False,
        max_length=LONGEST_INTRODUCTION,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Why you are asking. Shown in the invitation and on the first page."),
    )


class ContactsForm(forms.Form):
    """People, pasted into the field that ``pasted`` names or from a file; ``contacts`` of the clean data has them.

    What was understood without being certain is not taken: it comes back in the field, to be looked at and sent again.
    """

    file = file_field(
        _("Or a file: CSV or XLSX"), TABLE_FILES, _("With the same columns. Its lines are added to those above.")
    )
    pasted = ""
    people_required = False

    def clean_file(self) -> bytes:
        return content_of(self.cleaned_data.get("file"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        readings = {name: contacts.read(cleaned.get(name) or "") for name in (self.pasted, "file")}
        people = [contact for reading in readings.values() for contact in reading.contacts]
        for name, reading in readings.items():
            if reading.problems:
                self.add_error(name, ValidationError(first_of(reading.problems)))
        if cleaned.get("file") and not readings["file"].contacts and not readings["file"].problems:
            self.add_error("file", _("There is nobody in this file."))
        notes = [translated(note["detail"]) for reading in readings.values() for note in reading.notes]
        if notes and not self.errors:
            show_again(self, self.pasted, contacts.written(people), notes)
        self._refuse_twice(*readings.values())
        if self.people_required and not people and not self.errors:
            self.add_error(self.pasted, _("Enter at least one person."))
        cleaned["contacts"] = people
        return cleaned

    def _refuse_twice(self, pasted: Reading, filed: Reading) -> None:
        """Field and file are one list: who stands in both stands in it twice."""
        above = {mailbox(one.email) for one in pasted.contacts}
        twice = [one.email for one in filed.contacts if mailbox(one.email) in above]
        said = _("%(email)s is also in the field above. Remove one of the two.")
        if twice:
            self.add_error("file", ValidationError(first_of([said % {"email": email} for email in twice])))
