"""The results of a campaign: as a page, as CSV and as JSON."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from apps.accounts.workspace import user_of
from apps.campaigns import exporting, presenting, reading
from apps.campaigns.models import Campaign
from apps.campaigns.permissions import RESULTS_AS_FILE
from apps.campaigns.reading import Results
from apps.campaigns.views.permissions import campaign_or_404, crumbs, workspace_page
from apps.core.api.raw_lists import csv_download
from apps.core.api.renderers import encode


@require_safe
@workspace_page("campaigns:read")
def results(request: HttpRequest, pk: UUID) -> HttpResponse:
    campaign = campaign_or_404(request, pk)
    language = get_language() or "en"
    released = reading.results_of(campaign, language)
    counts = reading.total(reading.progress_by_group(campaign))
    page = {
        "campaign": campaign,
        "counts": counts,
        "waiting": reading.waits_for_worker(campaign),
        "crumbs": crumbs(campaign),
        "fewest": campaign.least_people,
        "twice": 2 * campaign.least_people,
    }
    if released is None:
        return render(request, "campaigns/no_results.html", page)
    page |= {
        "results": released,
        "may_take_along": user_of(request).has_perm(RESULTS_AS_FILE, campaign),
        "may_explain": user_of(request).has_perm("assessments:read", released.run.assessment),
        "hero": presenting.hero(released, language),
        "profile": presenting.profile(released, language),
        "dimensions": presenting.dimension_bars(released, language),
        "groups": presenting.group_bars(released, language),
        "rows": presenting.rows(released, language),
        "remarks": reading.remarks_on(campaign, language),
        "has_hidden": any(group.hidden for group in released.groups),
    }
    return render(request, "campaigns/results.html", page)


@require_safe
@workspace_page(RESULTS_AS_FILE)
def as_csv(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    campaign, found = _found(request, pk)
    if found is None:
        return redirect("campaigns:results", pk)
    return csv_download(exporting.rows(found), name=_file_name(campaign))


@require_safe
@workspace_page(RESULTS_AS_FILE)
def as_json(request: HttpRequest, pk: UUID) -> HttpResponse:
    campaign, found = _found(request, pk)
    if found is None:
        return redirect("campaigns:results", pk)
    response = HttpResponse(encode(exporting.as_json(found)), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(campaign)}.json"'
    return response


def _found(request: HttpRequest, pk: UUID) -> tuple[Campaign, Results | None]:
    """The campaign with its results; while nothing is released their page says why."""
    campaign = campaign_or_404(request, pk, RESULTS_AS_FILE)
    return campaign, reading.results_of(campaign, get_language() or "en")


def _file_name(campaign: Campaign) -> str:
    return f"results-{slugify(campaign.name)[:60] or campaign.pk}"
