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
from apps.core.pages import crumb
from apps.models import disclosure, explanation, services
from apps.models.explanation import ExplainedRun
from apps.models.models import Assessment, ScoreRun

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
        "crumbs": [crumb(_("Subjects"), "models:subjects")],
        "runs": runs,
        "fewest": assessment.least_people,
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
        account = services.explain_score(stored)
    except Refused as refused:  # not kept, or too much to calculate just now
        return {"run": run, "hero": explanation.hero(run, model, language), "refusal": refused.detail}
    raters = dict(run.scores.values_list("node", "raters"))
    explained = ExplainedRun(run, model, account, raters, len(stored.units), language)
    return {
        "run": run,
        "hero": explanation.hero(run, model, language, account["next_band"]),
        "explanation": account,
        "standing": explanation.standing(explained),
        "left_open": explanation.left_open(explained),
        "charts": explanation.charts(explained),
        "tree": explanation.tree(explained),
        "gains": explanation.gains(explained),
        "priorities": explanation.priorities(explained),
        "steps": explanation.steps(explained),
        "reference": services.compared_with(run) if stored.options else None,
        "may_take": services.may_take(request.user, stored),
    }
