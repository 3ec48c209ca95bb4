"""The page that freezes a reference set."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts import authz
from apps.accounts.models import User
from apps.accounts.workspace import user_of, workspace_page
from apps.core.errors import Invalid, Problem, Refused
from apps.core.pages import crumb, problems_told
from apps.core.translating import translated
from apps.models import services
from apps.models.forms import FreezeForm
from apps.models.models import Assessment, ModelVersion, ReferenceSet, ResilienceModel

MOST_PERIODS = 100


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("assessments:create")
def freeze(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    user = user_of(request)
    seen = authz.visible(ResilienceModel.objects.all(), user, "models:read")
    version = get_object_or_404(ModelVersion.objects.select_related("model"), model__in=seen, model=pk, number=number)
    among = authz.visible(Assessment.objects.all(), user, "assessments:read")
    submitted = (request.POST, request.FILES) if request.method == "POST" else ()
    form = FreezeForm(*submitted, periods=_periods(version, among))
    if request.method == "POST" and form.is_valid():
        try:
            frozen, is_new = _freeze(form, version, user)
        except Refused as refused:
            _explain(form, refused)
        else:
            _tell(request, frozen, is_new)
            return redirect("models:version", pk, number)
    crumbs = [
        crumb(_("Models"), "models:list"),
        crumb(version.model, "models:version", pk, number),
    ]
    page = {"form": form, "version": version, "crumbs": crumbs}
    return render(request, "models/freeze.html", page, status=422 if form.errors else 200)


def _periods(version: ModelVersion, among: Any) -> Any:
    """The periods with assessments of the version, and of how many subjects; the latest names first."""
    rows = among.filter(version=version).values("period").annotate(subjects=Count("subject", distinct=True))
    return rows.order_by("-period").values_list("period", "subjects")[:MOST_PERIODS]


def _freeze(form: FreezeForm, version: ModelVersion, user: User) -> tuple[ReferenceSet, bool]:
    name, now = form.cleaned_data["name"], timezone.now()
    if form.source == "period":
        return services.freeze_period(version, name, form.chosen_period, acting_user=user, now=now)
    units = services.certain_units_in(form.cleaned_data["file"])
    return services.freeze_reference_set(version, name, units, acting_user=user, now=now)


def _explain(form: FreezeForm, refused: Refused) -> None:
    """Say what is wrong at the field that brought it, or on top when it is the version itself."""
    if not isinstance(refused, Invalid):
        form.add_error(form.source, refused.detail)
        return
    is_of_version = any(problem.pointer == "/version" for problem in refused.errors)
    form.add_error(None if is_of_version else form.source, ValidationError(problems_told(refused, _sentence)))


def _sentence(problem: Problem) -> str:
    """
    >>> _sentence(Problem("/units/3/values/x", "a value must be a number"))
    '/units/3/values/x: a value must be a number'
    >>> _sentence(Problem("/lines/3", "line 3: the id is empty"))
    'line 3: the id is empty'
    """
    said = translated(problem.detail)
    return f"{problem.pointer}: {said}" if problem.pointer.startswith("/units/") else said


def _tell(request: HttpRequest, frozen: ReferenceSet, is_new: bool) -> None:
    if is_new:
        messages.success(
            request, _("The reference set is frozen. Assessments and campaigns can now be compared with it.")
        )
    else:
        messages.info(request, _("The same units are already frozen as “%s”.") % frozen.name)
