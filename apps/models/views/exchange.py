"""Pages that bring models and data in from files, and take them out."""

import base64
import json
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import authz, reach
from apps.accounts.models import User
from apps.accounts.workspace import staff_page, user_of
from apps.core import jobs
from apps.core.errors import Problem, Refused
from apps.core.forms import TABLE_FILES, file_field
from apps.core.models import Job
from apps.core.pages import refusals_told
from apps.core.translating import translated
from apps.models import services, words
from apps.models.downloads import download
from apps.models.models import Import, ModelVersion, ResilienceModel
from resimate_engine.exchange.coinr import NORMALISATIONS
from resimate_engine.exchange.incoming import File

LARGEST = 10 * 1024 * 1024
SHOWN = 10
SHOWN_FOR = timedelta(days=1)
MOST_PROBLEMS = 50


def _normalisations() -> list[tuple[str, str]]:
    said = {**words.NORMALISATION, "distance_to_target": _("distance to iMeta's targets"), "none": _("as they are")}
    return [(name, capfirst(str(said[name]))) for name in NORMALISATIONS]


class ExchangeForm(forms.Form):
    """Files, and what they leave open. After a check the files come back as ``kept``."""

    model_file = file_field(
        gettext_lazy("Model"),
        ".json,.xlsx,.csv",
        gettext_lazy("A model document (JSON), a workbook (XLSX) or COINr's iMeta (CSV)."),
    )
    data_file = file_field(
        gettext_lazy("Data"), TABLE_FILES, gettext_lazy("COINr's iData, or a table of values or answers (CSV or XLSX).")
    )
    version = forms.ModelChoiceField(
        ModelVersion.objects.none(),
        label=gettext_lazy("Published version that the data are for"),
        required=False,
        empty_label=gettext_lazy("No version"),
        help_text=gettext_lazy("Only for data without a model."),
    )
    normalisation = forms.ChoiceField(
        label=gettext_lazy("How indicators are normalised"),
        required=False,
        choices=_normalisations,
        help_text=gettext_lazy("Only for iMeta, which does not say."),
    )
    publish = forms.BooleanField(
        label=gettext_lazy("Publish the model at once"),
        required=False,
        help_text=gettext_lazy("Data that come with a model need it."),
    )
    score = forms.BooleanField(
        label=gettext_lazy("Score the data at once"),
        required=False,
        help_text=gettext_lazy("Such an import cannot be undone."),
    )
    group = forms.CharField(
        label=gettext_lazy("Column to group subjects by"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("In iData. For example: Region_group"),
    )
    period = forms.CharField(label=gettext_lazy("Period"), required=False, max_length=60)
    decimal = forms.ChoiceField(
        label=gettext_lazy("Decimal mark in the files"),
        required=False,
        choices=(
            ("", gettext_lazy("As the numbers show")),
            (",", gettext_lazy("Comma: 1,5")),
            (".", gettext_lazy("Point: 1.5")),
        ),
        help_text=gettext_lazy("Only where 1.234 could be one or the other."),
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
        if sum(upload.size for upload in uploads) > LARGEST:
            raise ValidationError(_("The files are larger than 10 MB."))
        cleaned["files"] = [{"name": one.name, "content": _base64(one.read())} for one in uploads] or self._kept()
        if not cleaned["files"] and not self.errors:
            self.add_error("model_file", _("Choose at least one file."))
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


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("models:create")
def exchange(request: HttpRequest) -> HttpResponse:
    """Check files, show what they would make, and make it when asked to."""
    user = user_of(request)
    form = ExchangeForm(*((request.POST, request.FILES) if request.method == "POST" else ()), user=user)
    page: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        wanted = request.POST.get("step") == "import"
        try:
            outcome = _run(form, user, dry_run=not wanted)
        except Refused as refused:
            page["problems"] = _problems(form, refused)
            _ask_for_a_version(form, refused)
        else:
            if wanted:
                return _done(request, outcome)
            page |= {"outcome": outcome, "kept": json.dumps(form.cleaned_data["files"])}
    page["jobs"] = _jobs(user)
    page["is_importing"] = any(not job.has_ended for job in page["jobs"])
    imports = authz.visible(Import.objects.select_related("version__model"), user, "models:create")
    page["imports"] = imports.defer("version__document", "made", "replaced").order_by("-pk")[:SHOWN]
    page["crumbs"] = [{"name": _("Models"), "url": "/models/"}]
    return render(request, "models/exchange.html", page, status=422 if form.errors or "problems" in page else 200)


def _jobs(user: User) -> QuerySet[Job]:
    """The user's imports that go on in the background, and those that failed within a day; done ones are imports."""
    failed = Q(state=Job.State.FAILED, ended_at__gt=timezone.now() - SHOWN_FOR)
    of_user = Job.objects.filter(kind="models.import", requested_by=user.pk).defer("parameters", "result")
    return of_user.filter(failed | Q(state__in=jobs.UNDER_WAY)).order_by("-pk")[:SHOWN]


def _ask_for_a_version(form: ExchangeForm, refused: Refused) -> None:
    """Data without a published version: said at the field that would name one."""
    for name in ("version", "publish"):
        if any(one.pointer == f"/{name}" for one in refused.errors):
            message = _("Data need a published version: choose one, or publish the model that comes with them.")
            form.add_error(name, message)


def _run(form: ExchangeForm, user: User, *, dry_run: bool) -> dict[str, Any]:
    asked, now = form.asked(dry_run=dry_run), timezone.now()
    files = _files(asked["files"])
    version = form.cleaned_data["version"]
    if services.is_long(files) and not dry_run:
        services.refuse_rights(files, publish=asked["publish"], acting_user=user, version=version)
        reach.enqueue("models.import", asked, acting_user=user, now=now)
        return {"version": None, "is_job": True}
    return services.import_files(
        files,
        services.options_of(asked),
        version=version,
        publish=asked["publish"],
        score=asked["score"],
        acting_user=user,
        now=now,
        dry_run=dry_run,
    )


def _files(given: list[dict[str, str]]) -> list[File]:
    try:
        return [services.file_of(one) for one in given]
    except ValueError:
        raise PermissionDenied from None  # only a forged page keeps what is not base64


def _problems(form: ExchangeForm, refused: Refused) -> list[dict[str, str]]:
    """What is wrong, each with the name of its file, for the summary on top of the page."""
    names = [one["name"] for one in form.cleaned_data["files"]]
    found = [_sentence(one, names) for one in refused.errors[:MOST_PROBLEMS]]
    return [{"message": one} for one in found or [refused.detail]]


def _sentence(problem: Problem, names: list[str]) -> str:
    """
    >>> _sentence(Problem("/files/0/lines/3/Rail", "line 3, column Rail: is no number"), ["iData.csv"])
    'iData.csv, line 3, column Rail: is no number'
    >>> _sentence(Problem("/files/0/code", "code is missing"), ["m.json"])
    'm.json, /code: code is missing'
    >>> _sentence(Problem("/files/0", "it is empty"), ["m.json"])
    'm.json: it is empty'
    """
    steps = problem.pointer.split("/")[1:]
    if steps[:1] != ["files"] or len(steps) < 2 or not steps[1].isdigit() or int(steps[1]) >= len(names):
        return translated(problem.detail)
    inside = "".join(f"/{step}" for step in steps[2:])
    if not inside:
        return f"{names[int(steps[1])]}: {translated(problem.detail)}"
    if steps[2] in ("sheets", "lines"):
        return f"{names[int(steps[1])]}, {translated(problem.detail)}"
    return f"{names[int(steps[1])]}, {inside}: {translated(problem.detail)}"


def _done(request: HttpRequest, outcome: dict[str, Any]) -> HttpResponse:
    if outcome.get("is_job"):
        messages.success(request, _("The import has begun; it goes on in the background."))
        return redirect("models:exchange")
    messages.success(request, _("The files are imported."))
    if outcome["version"] is None:
        return redirect("models:exchange")
    return redirect("models:version", outcome["version"]["model"], outcome["version"]["number"])


@require_POST
@staff_page("models:create")
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = user_of(request)
    record = get_object_or_404(authz.visible(Import.objects.all(), user, "models:create"), pk=pk)
    with refusals_told(request):
        services.undo_import(record, acting_user=user, now=timezone.now())
        messages.success(request, _("The import is undone."))
    version = ModelVersion.objects.filter(pk=record.made["version"]).first()
    if version is not None and request.POST.get("from") == "model":
        return redirect("models:version", version.model_id, version.number)
    return redirect("models:exchange")


@require_safe
@staff_page("models:read")
def export(request: HttpRequest, pk: UUID, number: int, wanted: str) -> HttpResponse:
    """The version as a workbook, or as COINr's tables."""
    user = user_of(request)
    seen = authz.visible(ResilienceModel.objects.all(), user, "models:read")
    version = get_object_or_404(ModelVersion, model=get_object_or_404(seen, pk=pk), number=number)
    with refusals_told(request):
        return download(version, wanted, acting_user=user)
    return redirect("models:version", pk, number)
