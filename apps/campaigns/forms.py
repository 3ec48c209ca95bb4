from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.campaigns import questionnaire
from apps.campaigns.models import Campaign, Stakeholder
from apps.configuration import languages
from apps.core import moments
from apps.core.clock_times import local
from apps.core.forms import moment_field, pasted_field
from apps.models.models import ModelVersion, ReferenceSet, Subject
from apps.outreach.forms import ContactsForm, introduction_field

WEEK = timedelta(days=7)


class StakeholdersForm(ContactsForm):
    stakeholders = pasted_field(
        _("Stakeholders"),
        _("One person per line: name, e-mail, group. For example: Ada Lovelace, ada@example.org, Management"),
    )
    pasted = "stakeholders"
    rename = forms.BooleanField(
        label=_("Rename people already known by another name or group"),
        required=False,
        help_text=_("In every campaign. If not ticked, a known address with another name is refused."),
    )
    field_order: Any = ("stakeholders", "file", "rename")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("rename"):
            cleaned["contacts"] = [replace(one, rename=True) for one in cleaned["contacts"]]
        return cleaned


class AddStakeholdersForm(StakeholdersForm):
    people_required = True


class ReferenceSetField(forms.ModelChoiceField):  # type: ignore[type-arg]  # takes none when it runs
    """Reference sets, each under the version that it is of."""

    def label_from_instance(self, obj: ReferenceSet) -> str:
        return f"{obj.version}: {obj.name}"


class CampaignFactsForm(forms.Form):
    """What a campaign is about, and until when it asks."""

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("Stakeholders see this in the invitation."))
    version = forms.ModelChoiceField(
        queryset=ModelVersion.objects.none(),
        label=_("Resilience model"),
        empty_label=_("Choose"),
        error_messages={"invalid_choice": _("Choose a published model that asks questions.")},
        help_text=_("Published versions only."),
    )
    subject = forms.ModelChoiceField(
        queryset=Subject.objects.none(),
        label=_("Subject"),
        required=False,
        empty_label=_("Choose"),
        help_text=_("The organisation, site or city to be assessed, for example."),
    )
    new_subject = forms.CharField(label=_("Or a new subject"), max_length=200, required=False)
    period = forms.CharField(
        label=_("Period"), max_length=60, required=False, help_text=_("For example 2026, or Spring 2026.")
    )
    reference_set = ReferenceSetField(
        queryset=ReferenceSet.objects.none(),
        label=_("Compared with"),
        required=False,
        empty_label=_("The assessments of the same period"),
        help_text=_("For models that compare subjects: a reference set of the same version keeps scores as they are."),
    )
    closes_at = moment_field(_("Closes at"), _("Time zone: %(zone)s. You can extend it later."))
    introduction = introduction_field()

    def __init__(
        self,
        *args: Any,
        versions: QuerySet[ModelVersion],
        subjects: QuerySet[Subject],
        reference_sets: QuerySet[ReferenceSet],
        now: datetime,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        fortnight = local(now + timedelta(days=14)).replace(hour=17, minute=0)
        self.initial.setdefault("closes_at", fortnight)
        self.fields["version"].queryset = versions  # type: ignore[attr-defined]  # declared as a Field
        self.fields["subject"].queryset = subjects  # type: ignore[attr-defined]  # as above
        self._offer(reference_sets)

    def _offer(self, reference_sets: QuerySet[ReferenceSet]) -> None:
        """Most tenants have none; then nobody is asked."""
        if not reference_sets.exists():
            del self.fields["reference_set"]
            return
        self.fields["reference_set"].queryset = reference_sets  # type: ignore[attr-defined]  # declared as a Field

    def clean_version(self) -> ModelVersion:
        version: ModelVersion = self.cleaned_data["version"]
        if not questionnaire.of(version).count:
            raise ValidationError(_("This model has no questions, so there is nothing to ask. Choose another one."))
        return version

    def clean_closes_at(self) -> datetime:
        closes_at: datetime = self.cleaned_data["closes_at"]
        if closes_at <= self.now:
            raise ValidationError(_("Choose a time in the future."))
        if too_far := moments.problem_beyond(closes_at, self.now, ""):
            raise ValidationError(too_far.detail)
        return closes_at

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if bool(cleaned.get("subject")) == bool((cleaned.get("new_subject") or "").strip()) and not self.has_error(
            "subject"
        ):
            self.add_error("subject", _("Choose a subject, or name a new one."))
        reference_set, version = cleaned.get("reference_set"), cleaned.get("version")
        if reference_set and version and reference_set.version_id != version.pk:
            self.add_error("reference_set", _("Choose a reference set of the version above."))
        return cleaned


FACTS = ("name", "version", "subject", "new_subject", "period", "reference_set", "closes_at", "introduction")


class CampaignForm(CampaignFactsForm, StakeholdersForm):
    field_order = (*FACTS, *StakeholdersForm.field_order)


class EditCampaignForm(CampaignFactsForm):
    """A draft once more; its people have a page of their own."""

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        facts = {name: getattr(campaign, name) for name in FACTS if name != "new_subject"}
        super().__init__(*args, initial=facts, **kwargs)
        del self.fields["new_subject"]


class PersonForm(forms.ModelForm[Stakeholder]):
    """A person as all campaigns know them."""

    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail address"))
    language = forms.ChoiceField(label=_("Language"), choices=languages.offered)

    class Meta:
        model = Stakeholder
        fields = ("name", "email", "group", "language")
        labels = {"group": _("Group")}


class ExtendForm(forms.Form):
    closes_at = moment_field(_("New closing date"), _("Time zone: %(zone)s. It must be later than the current one."))

    def __init__(self, *args: Any, campaign: Campaign, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"closes_at": moments.after(max(campaign.closes_at, now), WEEK)}
