"""Forms of the pages about resilience models and subjects."""

import base64
import json
from collections.abc import Iterable
from typing import Any, Final, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst, format_lazy
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.accounts import authz
from apps.accounts.models import User
from apps.core.forms import TABLE_FILES, Radios, content_of, file_field, pasted_field, utf8_text
from apps.core.sizes import LARGEST_DOCUMENT, LARGEST_EXCHANGE_BY_PAGE, LARGEST_REFERENCE_SET, megabytes
from apps.models import method_labels, services, starters
from apps.models.models import ModelVersion, ResilienceModel, Subject
from resimate_engine.exchange.coinr import NORMALISATIONS

PERIOD: Final = "period:"  # begins a choice, so that the period without a name is one too


def _at_most(text: Any, size: int) -> Any:
    return format_lazy(text, most=megabytes(size))


def _ready() -> list[tuple[str, str]]:
    """The models that come with the product, each with what it is about, in the language of the page."""
    language = get_language() or "en"
    models = [(name, services.model_of(starters.load(name))) for name in starters.names()]
    titles = [(name, model.title(language), model.text(model.description, language)) for name, model in models]
    ready = [(name, f"{title}: {_first_sentence(about)}" if about else title) for name, title, about in titles]
    return [("", gettext("None: I have my own document")), *ready]


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")


DOCUMENT_FILE: Final = _at_most(_("A model document as JSON, at most {most} MB."), LARGEST_DOCUMENT)


class ImportForm(forms.Form):
    """A model document: chosen, uploaded or pasted; exactly one of the three."""

    starter = forms.ChoiceField(
        label=_("A ready-made model"),
        required=False,
        widget=Radios,
        choices=_ready,
    )
    file = file_field(
        _("Your own file"),
        ".json,application/json",
        DOCUMENT_FILE,
    )
    text = pasted_field(_("A pasted document"), rows=12)
    replace = forms.BooleanField(label=_("Replace the current draft"), required=False, widget=forms.HiddenInput)

    def clean_file(self) -> str:
        upload = self.cleaned_data.get("file")
        self.file_name = upload.name if upload is not None else ""
        return "" if upload is None else utf8_text(upload, LARGEST_DOCUMENT)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        given = [name for name in ("starter", "file", "text") if (cleaned.get(name) or "").strip()]
        if not self.errors and len(given) != 1:
            message = _("Choose one: a ready-made model, a file, or pasted text.")
            self.add_error("starter" if not given else given[-1], message)
        return cleaned

    @property
    def source(self) -> str:
        """The field that brought the document."""
        return next(name for name in ("starter", "file", "text") if (self.cleaned_data.get(name) or "").strip())

    @property
    def name(self) -> str:
        """What the list of imports calls the document."""
        named = {"starter": self.cleaned_data.get("starter"), "file": self.file_name}
        return str(named.get(self.source) or gettext("Pasted document"))[:200].replace("\0", "")

    def ask_to_replace(self, reason: str) -> None:
        """Offer to replace the draft, in a box to tick; nothing was done yet."""
        self.fields["replace"].widget = forms.CheckboxInput()
        self.fields["replace"].help_text = _("You can restore the current draft afterwards.")
        self.add_error("replace", reason)

    def document(self) -> Any:
        """The document; raises ``Invalid`` when it is not JSON."""
        if self.source == "starter":
            return starters.load(self.cleaned_data["starter"])
        return services.read_document(self.cleaned_data[self.source])


def _normalisations() -> list[tuple[str, str]]:
    said = {
        **method_labels.NORMALISATION,
        "distance_to_target": gettext("distance to iMeta's targets"),
        "none": gettext("as they are"),
    }
    return [(name, capfirst(str(said[name]))) for name in NORMALISATIONS]


class ExchangeForm(forms.Form):
    """Files, and what they leave open. After a check the files come back as ``kept``."""

    model_file = file_field(
        _("Model"),
        ".json,.xlsx,.csv",
        _("A model document (JSON), a workbook (XLSX) or COINr's iMeta (CSV)."),
    )
    data_file = file_field(_("Data"), TABLE_FILES, _("COINr's iData, or a table of values or answers (CSV or XLSX)."))
    version = forms.ModelChoiceField(
        ModelVersion.objects.none(),
        label=_("Published version that the data are for"),
        required=False,
        empty_label=_("No version"),
        help_text=_("Only for data without their model."),
    )
    normalisation = forms.ChoiceField(
        label=_("How indicators are normalised"),
        required=False,
        choices=_normalisations,
        help_text=_("Only for iMeta, which does not specify it."),
    )
    publish = forms.BooleanField(
        label=_("Publish the model at once"),
        required=False,
        help_text=_("Required to import data together with their model."),
    )
    score = forms.BooleanField(
        label=_("Score the data at once"),
        required=False,
        help_text=_("An import that is scored cannot be undone."),
    )
    group = forms.CharField(
        label=_("Column to group subjects by"),
        required=False,
        max_length=100,
        help_text=_("In iData. For example: Region_group"),
    )
    period = forms.CharField(label=_("Period"), required=False, max_length=60)
    decimal = forms.ChoiceField(
        label=_("Decimal mark in the files"),
        required=False,
        choices=(
            ("", _("Detect automatically")),
            (",", _("Comma: 1,5")),
            (".", _("Point: 1.5")),
        ),
        help_text=_("Only needed where 1.234 could mean either."),
    )
    kept = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = authz.visible(ResilienceModel.objects.all(), user, "models:read")
        published = ModelVersion.objects.filter(state=ModelVersion.State.PUBLISHED, model__in=seen)
        choices = cast("forms.ModelChoiceField[ModelVersion]", self.fields["version"])
        choices.queryset = published.select_related("model").defer("document").order_by("model__code", "-number")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        uploads = [cleaned[name] for name in ("model_file", "data_file") if cleaned.get(name)]
        if sum(upload.size for upload in uploads) > LARGEST_EXCHANGE_BY_PAGE:
            most = megabytes(LARGEST_EXCHANGE_BY_PAGE)
            raise ValidationError(gettext("The files are larger than %(most)d MB.") % {"most": most})
        cleaned["files"] = [{"name": one.name, "content": _base64(one.read())} for one in uploads] or self._kept()
        if not cleaned["files"] and not self.errors:
            self.add_error("model_file", gettext("Choose at least one file."))
        return cleaned

    def _kept(self) -> list[dict[str, str]]:
        try:
            kept = json.loads(self.cleaned_data.get("kept") or "[]")
            return [{"name": str(one["name"]).replace("\0", "")[:200], "content": str(one["content"])} for one in kept]
        except (ValueError, KeyError, TypeError, RecursionError):
            return []

    def asked(self, *, dry_run: bool) -> dict[str, Any]:
        """What a job would be given."""
        version = self.cleaned_data["version"]
        plain = {name: self.cleaned_data[name] for name in ("files", "publish", "score", "group", "period", "decimal")}
        open_ = {"code": "", "name": "", "normalisation": self.cleaned_data["normalisation"] or NORMALISATIONS[0]}
        return {**plain, **open_, "version": str(version.pk) if version else None, "dry_run": dry_run}


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


class FreezeForm(forms.Form):
    """A reference set: a name, and either a period whose assessments it keeps, or a file with units."""

    name = forms.CharField(
        label=_("Name"), max_length=200, help_text=_("For example: All sites, 2026. It cannot be changed later.")
    )
    period = forms.ChoiceField(
        label=_("Assessments of a period"),
        required=False,
        help_text=_("The latest assessment of each subject, with the answers sent so far."),
    )
    file = file_field(
        _("Or a file: CSV or XLSX"),
        TABLE_FILES,
        _at_most(
            _("One row per unit (id, group and inputs), or one row per answer. At most {most} MB."),
            LARGEST_REFERENCE_SET,
        ),
    )

    def __init__(self, *args: Any, periods: Iterable[tuple[str, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = [(f"{PERIOD}{period}", _period(period, subjects)) for period, subjects in periods]
        self.fields["period"].choices = [("", gettext("None")), *said]  # type: ignore[attr-defined]  # a field of choices

    def clean_file(self) -> bytes | None:
        upload = self.cleaned_data.get("file")
        if upload is None:
            return None
        return content_of(upload, LARGEST_REFERENCE_SET)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and bool(cleaned.get("period")) == (cleaned.get("file") is not None):
            self.add_error("period", _("Choose one: a period, or a file."))
        return cleaned

    @property
    def source(self) -> str:
        """The field that says where the units come from."""
        return "period" if self.cleaned_data.get("period") else "file"

    @property
    def chosen_period(self) -> str:
        return str(self.cleaned_data["period"]).removeprefix(PERIOD)


def _period(period: str, subjects: int) -> str:
    count = ngettext("%(count)d subject", "%(count)d subjects", subjects) % {"count": subjects}
    name = period or gettext("Without a period")
    return f"{name} ({count})"


class SubjectForm(forms.ModelForm[Subject]):
    class Meta:
        model = Subject
        fields = ("name", "code", "kind", "group")
        labels = {"name": _("Name"), "code": _("Code"), "kind": _("Kind"), "group": _("Group")}
        help_texts = {
            "code": _("Short and unique, for files and programs. For example: harbour-north"),
            "kind": _("For example: organisation, site, city"),
            "group": _("Subjects that are compared with each other"),
        }
