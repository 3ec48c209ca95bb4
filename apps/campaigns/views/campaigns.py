"""The analyst's campaigns: the list, the form, and the page on which a campaign is watched and steered."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import authz
from apps.accounts.buttons import Buttons, as_warnings
from apps.accounts.workspace import user_of
from apps.campaigns import presenting, reading, services
from apps.campaigns.forms import FACTS, CampaignForm, EditCampaignForm, ExtendForm
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.views import participations
from apps.campaigns.views.permissions import (
    campaign_or_404,
    campaigns_for,
    crumbs,
    veil,
    versions_for,
    workspace_page,
)
from apps.core.pages import PAGE, errors_as_messages, errors_on_form
from apps.models.models import ReferenceSet, Subject
from apps.outreach.views import reminded, show_round, with_messages

PEOPLE = 50


@require_safe
@workspace_page("campaigns:read")
def campaign_list(request: HttpRequest) -> HttpResponse:
    status, wanted = request.GET.get("status", ""), request.GET.get("q", "").replace("\0", "").strip()
    campaigns = campaigns_for(request).order_by("-pk")
    if status in Campaign.Status.values:
        campaigns = campaigns.filter(status=status)
    if wanted:
        campaigns = campaigns.filter(Q(name__icontains=wanted) | Q(subject__name__icontains=wanted))
    tabs = [{"name": _("All"), "url": "?"}]
    tabs += [{"name": str(state.label), "url": f"?status={state.value}"} for state in Campaign.Status]
    listed = Paginator(campaigns, PAGE).get_page(request.GET.get("page"))
    on_page = campaigns_for(request).filter(pk__in=[campaign.pk for campaign in listed.object_list])
    page = {
        "page": listed,
        "campaigns": on_page.with_counts().order_by("-pk"),  # people are counted for those alone
        "tabs": tabs,
        "current": f"?status={status}" if status else "?",
        "q": wanted,
        "status": status,
        "may_create": authz.somewhere(user_of(request), "campaigns:create"),
        "has_models": versions_for(request).exists(),
    }
    return render(request, "campaigns/list.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("campaigns:create")
def create(request: HttpRequest) -> HttpResponse:
    if request.method != "POST" and not versions_for(request).exists():
        return render(request, "campaigns/no_models.html", {"crumbs": crumbs()})
    now = timezone.now()
    form = CampaignForm(request.POST or None, request.FILES or None, **_choices(request), now=now)
    if request.method == "POST" and form.is_valid():
        with errors_on_form(form):
            campaign = _create(request, form.cleaned_data, now)
            messages.success(request, _("The campaign is a draft. Nobody is contacted until you open it."))
            return redirect("campaigns:detail", campaign.pk)
    page = {"form": form, "crumbs": crumbs()}
    return render(request, "campaigns/form.html", page, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("campaigns:update")
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a draft; an open campaign keeps what people were told."""
    campaign, now = campaign_or_404(request, pk, "campaigns:update"), timezone.now()
    if campaign.status != Campaign.Status.DRAFT:
        messages.warning(request, _("Only a draft campaign can be changed. An open campaign can be extended."))
        return redirect("campaigns:detail", pk)
    form = EditCampaignForm(request.POST or None, campaign=campaign, **_choices(request), now=now)
    if request.method == "POST" and form.is_valid():
        with errors_on_form(form):
            services.change_campaign(campaign, form.cleaned_data, acting_user=user_of(request), now=now)
            messages.success(request, _("The draft has been changed."))
            return redirect("campaigns:detail", pk)
    back = reverse("campaigns:detail", args=[pk])
    page = {"form": form, "campaign": campaign, "back": back, "crumbs": crumbs(campaign)}
    return render(request, "campaigns/edit.html", page, status=422 if form.errors else 200)


def _choices(request: HttpRequest) -> dict[str, Any]:
    """What a campaign may be about, as far as the user sees it."""
    return {
        "versions": versions_for(request),
        "subjects": authz.visible(Subject.objects.order_by("name"), request.user, "subjects:read"),
        "reference_sets": _reference_sets(request),
    }


def _reference_sets(request: HttpRequest) -> Any:
    seen = authz.visible(ReferenceSet.objects.all(), request.user, "assessments:read")
    usable = seen.filter(version__in=versions_for(request).order_by()).select_related("version__model")
    return usable.defer("units", "version__document").order_by("version__model__code", "-version__number", "-pk")


@transaction.atomic
def _create(request: HttpRequest, data: dict[str, Any], now: datetime) -> Campaign:
    user = user_of(request)
    facts: dict[str, Any] = {name: data.get(name) for name in FACTS}
    campaign = services.create_campaign(**facts, acting_user=user, now=now)
    if data["contacts"]:
        services.add_stakeholders(campaign, data["contacts"], acting_user=user, now=now)
    return campaign


@require_safe
@workspace_page("campaigns:read", shows="participation")
def monitor(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The campaign as it stands; the whole page, or the part that changes."""
    campaign = campaign_or_404(request, pk)
    groups = reading.progress_by_group(campaign)
    counts = reading.total(groups)
    people, rows = _people(request, campaign)
    page = {
        "campaign": campaign,
        "by_group": presenting.groups_table(groups),
        "counts": counts,
        "waiting": reading.waits_for_worker(campaign),
        "unweighed": reading.unweighed_groups(campaign, groups),
        "funnel": presenting.progress_funnel(counts) if counts.invited else None,
        "people_title": _("People"),
        "page": people,
        "rows": rows,
        "with_groups": True,
        "extend_form": ExtendForm(campaign=campaign, now=timezone.now()),
        "crumbs": crumbs(),
    }
    return show_round(request, campaign, participations.pages, page)


def _people(request: HttpRequest, campaign: Campaign) -> tuple[Any, list[dict[str, Any]]]:
    """One page of those who take part, each with the state of the last message to them."""
    rows = campaign.participations.select_related("stakeholder__key", "response").order_by("pk")
    if "group" in request.GET:
        rows = reading.in_group(rows, "stakeholder__group", request.GET["group"].replace("\0", ""))
    people = Paginator(rows, PEOPLE).get_page(request.GET.get("page"))
    shown: list[Participation] = list(people.object_list)
    veil(request, shown)
    return people, with_messages(campaign, shown)


def _list_of(campaign: Campaign) -> str:
    return reverse("campaigns:list")


OPENED = gettext_lazy("The campaign is open. The invitations are on their way.")
CLOSED = gettext_lazy("The campaign is closed. Its final score is being calculated.")

button = Buttons("campaigns", "campaigns:detail", campaign_or_404, workspace_page)
open_now = button("open", services.open_campaign, OPENED)
close_now = button("close", services.close_campaign, CLOSED)
remind_now = button("remind", services.remind, reminded, telling=as_warnings)
delete = button("delete", services.delete_campaign, gettext_lazy("The draft has been deleted."), then=_list_of)


@require_POST
@workspace_page("campaigns:extend")
def extend(request: HttpRequest, pk: UUID) -> HttpResponse:
    campaign = campaign_or_404(request, pk, "campaigns:extend")
    form = ExtendForm(request.POST, campaign=campaign, now=timezone.now())
    with errors_as_messages(request):
        if not form.is_valid():
            messages.error(request, " ".join(str(error) for error in form.errors["closes_at"]))
            return redirect("campaigns:detail", pk)
        closes_at = form.cleaned_data["closes_at"]
        services.extend_campaign(campaign, closes_at, acting_user=user_of(request), now=timezone.now())
        messages.success(request, _("The campaign has a new closing date."))
    return redirect("campaigns:detail", pk)
