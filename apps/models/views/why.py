"""The page that says why a score is what it is."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts import authz
from apps.accounts.workspace import user_of, workspace_page
from apps.core.errors import Refused
from apps.models import disclosure, services, why
from apps.models.disclosure import FEWEST
from apps.models.models import Assessment, ScoreRun
from apps.models.why import Why

MOST_RUNS = 20


@require_safe
@workspace_page("assessments:read")
def why_this_score(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The latest score of an assessment, or the one that ``?run=`` names."""
    seen = authz.visible(Assessment.objects.all(), user_of(request), "assessments:read")
    rows = seen.select_related("subject", "version__model").defer("version__document", "values")
    assessment = get_object_or_404(rows, pk=pk)
    runs = list(disclosure.runs_of(assessment).order_by("-pk")[:MOST_RUNS])
    page: dict[str, Any] = {
        "assessment": assessment,
        "crumbs": [{"name": _("Subjects"), "url": "/subjects/"}],
        "runs": runs,
        "fewest": FEWEST,
    }
    run = _chosen(runs, assessment, request.GET.get("run"))
    if run is not None:
        page |= _explained(run, request)
    return render(request, "models/why.html", page)


def _chosen(runs: list[ScoreRun], assessment: Assessment, asked: str | None) -> ScoreRun | None:
    if asked is None:
        run = next(iter(runs), None)
    else:
        run = get_object_or_404(disclosure.runs_of(assessment), pk=_uuid(asked))
    if run is not None:
        run.assessment, run.version = assessment, assessment.version
    return run


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _explained(run: ScoreRun, request: HttpRequest) -> dict[str, Any]:
    model, language = services.parsed(run.version), get_language() or "en"
    try:
        stored = services.stored_calculation(run)
        explanation = services.explain_score(stored)
    except Refused as refused:  # not kept, or too much to calculate just now
        return {"run": run, "hero": why.hero(run, model, language), "refusal": refused.detail}
    raters = dict(run.scores.values_list("node", "raters"))
    found = Why(run, model, explanation, raters, len(stored.units), language)
    return {
        "run": run,
        "hero": why.hero(run, model, language, explanation["next_band"]),
        "explanation": explanation,
        "standing": why.standing(found),
        "left_open": why.left_open(found),
        "charts": why.charts(found),
        "tree": why.tree(found),
        "gains": why.gains(found),
        "priorities": why.priorities(found),
        "steps": why.steps(found),
        "reference": services.compared_with(run) if stored.options else None,
        "may_take": services.may_take(request.user, stored),
    }
