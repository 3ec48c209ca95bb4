"""The first page after signing in: the workspace, or one's own campaigns."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts import authz
from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.accounts.workspace import shown_as, user_of
from apps.campaigns import links
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.scopes import sees_more_than_own
from apps.campaigns.views.permissions import campaigns_for, versions_for
from apps.models.models import Assessment
from apps.models.presenting import band_class, score_text
from apps.models.services import parsed

LIVE, LATEST = 6, 6


def _has_workspace(user: User) -> bool:
    return sees_more_than_own(user) or authz.somewhere(user, "models:read")


@shown_as(_has_workspace)
@require_safe
@login_required
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """The workspace; to those who have none, what they were asked, with links that are theirs alone."""
    user = user_of(request)
    if not _has_workspace(user):
        return _own_campaigns(request)
    now = timezone.now()
    live = campaigns_for(request).open_at(now).with_counts().order_by("closes_at")
    page = {
        "first_steps": accounts.first_steps(user),
        "live": list(live[:LIVE]),
        "live_count": live.count(),
        "drafts": list(campaigns_for(request).filter(status=Campaign.Status.DRAFT).order_by("-pk")[:LIVE]),
        "scores": _latest_scores(request),
        "has_models": versions_for(request).exists(),
        "may_create": authz.somewhere(user, "campaigns:create"),
    }
    return render(request, "campaigns/home.html", page)


def _latest_scores(request: HttpRequest) -> list[dict[str, object]]:
    """The assessments that were scored last, whoever asked for them."""
    rows = Assessment.objects.filter(latest_run__isnull=False).select_related(
        "latest_run", "subject", "version__model", "campaign"
    )
    seen = authz.visible(rows.defer("values", "version__document"), request.user, "assessments:read")
    return [
        {
            "assessment": assessment,
            "campaign": getattr(assessment, "campaign", None),
            "score": score_text(
                parsed(assessment.version), assessment.latest_run.score if assessment.latest_run else None
            ),
            "band": _band(assessment),
            "band_class": band_class(
                parsed(assessment.version), assessment.latest_run.score if assessment.latest_run else None
            ),
        }
        for assessment in seen.order_by("-latest_run__calculated_at")[:LATEST]
    ]


def _band(assessment: Assessment) -> str:
    model = parsed(assessment.version)
    band = model.band_of(assessment.latest_run.score) if assessment.latest_run else None
    return model.text(band.name, get_language() or model.language, otherwise=band.code) if band else ""


def _own_campaigns(request: HttpRequest) -> HttpResponse:
    """What a stakeholder who signed in was asked: each with its personal link."""
    now = timezone.now()
    mine = Participation.objects.filter(
        stakeholder__user=user_of(request), revoked_at=None, response__isnull=False, is_sealed=False
    ).select_related("campaign__subject", "response")
    participations = [
        {
            "campaign": participation.campaign,
            "url": links.LINKS.path_for(participation) if participation.campaign.accepts_answers_at(now) else "",
            "response": participation.response,
        }
        for participation in mine.order_by("-campaign__opened_at")
    ]
    has_role = bool(authz.permissions_of(user_of(request)))
    return render(request, "campaigns/own.html", {"participations": participations, "has_role": has_role})
