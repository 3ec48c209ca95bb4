"""The workspace's pages about subjects, which are assessed."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts import authz
from apps.accounts.models import User
from apps.accounts.workspace import user_of, workspace_page
from apps.core.errors import Refused
from apps.core.pages import PAGE, crumb
from apps.models import services
from apps.models.forms import SubjectForm
from apps.models.models import Assessment, ModelVersion, Subject
from apps.models.presenting import score_text


@require_safe
@workspace_page("subjects:read")
def subject_list(request: HttpRequest) -> HttpResponse:
    user, wanted = user_of(request), request.GET.get("q", "").replace("\0", "").strip()
    rows = authz.visible(_with_latest_scores(user).order_by("name", "pk"), user, "subjects:read")
    if wanted:
        rows = rows.filter(Q(name__icontains=wanted) | Q(code__icontains=wanted) | Q(group__icontains=wanted))
    shown = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    _write_scores(list(shown))
    page = {
        "page": shown,
        "q": wanted,
        "may_create": authz.somewhere(user, "subjects:create"),
    }
    return render(request, "models/subjects.html", page)


def _with_latest_scores(user: User) -> QuerySet[Subject]:
    """Adds ``scored``, the latest calculated assessment that the user may read, its ``score`` and ``score_version``."""
    seen = authz.visible(Assessment.objects.filter(latest_run__isnull=False), user, "assessments:read")
    latest = seen.filter(subject=OuterRef("pk")).order_by("-pk")
    return Subject.objects.annotate(
        scored=Subquery(latest.values("pk")[:1]),
        score=Subquery(latest.values("latest_run__score")[:1]),
        score_version=Subquery(latest.values("version")[:1]),
    )


def _write_scores(subjects: Sequence[Any]) -> None:
    """Give each its latest score in words, on the scale of the version that it was calculated with."""
    wanted = {one.score_version for one in subjects if one.scored}
    versions = ModelVersion.objects.select_related("model").defer("document").in_bulk(wanted)
    for one in subjects:
        one.version = versions.get(one.score_version)
        one.score_text = score_text(services.parsed(one.version), one.score) if one.version else None


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("subjects:create")
def create_subject(request: HttpRequest) -> HttpResponse:
    form = SubjectForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.create_subject(**form.cleaned_data, acting_user=user_of(request), now=timezone.now())
        except Refused as refused:
            form.add_error("code", refused.errors[0].detail if refused.errors else refused.detail)
        else:
            messages.success(request, _("The subject can be assessed now."))
            return redirect("models:subjects")
    page = {"form": form, "crumbs": [crumb(_("Subjects"), "models:subjects")]}
    return render(request, "models/subject_form.html", page, status=422 if form.errors else 200)
