"""Pages that bring models and data in from files, and take them out."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import authz
from apps.accounts.models import User
from apps.accounts.workspace import user_of, workspace_page
from apps.core import jobs
from apps.core.errors import Problem, Refused
from apps.core.models import Job
from apps.core.pages import crumb, errors_as_messages, problems_told
from apps.core.translating import translated
from apps.models import services
from apps.models.downloads import download
from apps.models.forms import ExchangeForm
from apps.models.models import Import, ModelVersion, ResilienceModel
from resimate_engine.exchange.incoming import File

SHOWN = 10
SHOWN_FOR = timedelta(days=1)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("models:create")
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
    page["crumbs"] = [crumb(_("Models"), "models:list")]
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
            message = _("Data need a published version. Choose one, or publish the model that you import with them.")
            form.add_error(name, message)


def _run(form: ExchangeForm, user: User, *, dry_run: bool) -> dict[str, Any]:
    options, now = form.asked(dry_run=dry_run), timezone.now()
    files = _files(options["files"])
    version = form.cleaned_data["version"]
    if services.is_long(files) and not dry_run:
        services.enqueue_import(options, version=version, acting_user=user, now=now)
        return {"version": None, "is_job": True}
    return services.import_files(
        files,
        services.options_of(options),
        version=version,
        publish=options["publish"],
        score=options["score"],
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
    return [{"message": said} for said in problems_told(refused, lambda problem: _sentence(problem, names))]


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
        messages.success(request, _("The import has started and continues in the background."))
        return redirect("models:exchange")
    messages.success(request, _("The files have been imported."))
    if outcome["version"] is None:
        return redirect("models:exchange")
    return redirect("models:version", outcome["version"]["model"], outcome["version"]["number"])


@require_POST
@workspace_page("models:create")
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = user_of(request)
    record = get_object_or_404(authz.visible(Import.objects.all(), user, "models:create"), pk=pk)
    with errors_as_messages(request):
        services.undo_import(record, acting_user=user, now=timezone.now())
        messages.success(request, _("The import has been undone."))
    version = ModelVersion.objects.filter(pk=record.made["version"]).first()
    if version is not None and request.POST.get("from") == "model":
        return redirect("models:version", version.model_id, version.number)
    return redirect("models:exchange")


@require_safe
@workspace_page("models:read")
def export(request: HttpRequest, pk: UUID, number: int, wanted: str) -> HttpResponse:
    """The version as a workbook, or as COINr's tables."""
    user = user_of(request)
    seen = authz.visible(ResilienceModel.objects.all(), user, "models:read")
    version = get_object_or_404(ModelVersion, model=get_object_or_404(seen, pk=pk), number=number)
    with errors_as_messages(request):
        return download(version, wanted, acting_user=user)
    return redirect("models:version", pk, number)
