"""The people in a campaign: adding them, and their personal links."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from apps.accounts import authz, workspace
from apps.accounts.buttons import Buttons, as_warnings
from apps.accounts.models import User
from apps.accounts.workspace import user_of
from apps.campaigns import services
from apps.campaigns.forms import AddStakeholdersForm, PersonForm
from apps.campaigns.models import Participation
from apps.campaigns.views.permissions import campaign_or_404, crumbs, veil, workspace_page
from apps.core.pages import errors_on_form
from apps.outreach.views import NEW_LINK, WITHDRAWN, PersonPages


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("campaigns:manage")
def add(request: HttpRequest, pk: UUID) -> HttpResponse:
    campaign = campaign_or_404(request, pk, "campaigns:manage")
    form = AddStakeholdersForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        people = form.cleaned_data["contacts"]
        with errors_on_form(form):
            added = services.add_stakeholders(campaign, people, acting_user=user_of(request), now=timezone.now())
            said = ngettext("%(count)d person added.", "%(count)d people added.", added.new)
            messages.success(request, said % {"count": added.new})
            return redirect("campaigns:detail", pk)
    page = {"form": form, "campaign": campaign, "crumbs": crumbs(campaign)}
    return render(request, "campaigns/add_stakeholders.html", page, status=422 if form.errors else 200)


def _part_or_404(request: HttpRequest, pk: UUID, participation: UUID, permission: str) -> Participation:
    rows = campaign_or_404(request, pk, permission).participations
    return get_object_or_404(rows.select_related("stakeholder__key", "response"), pk=participation)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("campaigns:manage", shows="participation")
@workspace.workspace_page("stakeholders:update", authz.everywhere)
def edit(request: HttpRequest, pk: UUID, participation: UUID) -> HttpResponse:
    """Correct a person's name, address, group or language."""
    part = _part_or_404(request, pk, participation, "campaigns:manage")
    form = PersonForm(request.POST or None, instance=part.stakeholder)
    if request.method == "POST" and form.is_valid():
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        with errors_on_form(form):
            services.change_stakeholder(part.stakeholder, changes, acting_user=user_of(request), now=timezone.now())
            messages.success(request, _("The details have been corrected in every campaign."))
            return redirect("campaigns:person", pk, participation)
    back = reverse("campaigns:person", args=[pk, participation])
    page = {"form": form, "one": part, "back": back, "crumbs": crumbs(part.campaign)}
    return render(request, "campaigns/edit_person.html", page, status=422 if form.errors else 200)


def _facts(request: HttpRequest, found: Participation) -> dict[str, Any]:
    veil(request, [found])
    return {"may_show": not found.has_begun, "crumbs": crumbs(found.campaign)}


def _campaign_of(found: Participation) -> str:
    return reverse("campaigns:detail", args=[found.campaign_id])


pages = PersonPages("campaigns", "participation", "campaigns", "campaigns:person", _part_or_404, _facts, workspace_page)
person, link = pages.person(), pages.link(services.show_link)


def _erase(part: Participation, *, acting_user: User, now: datetime) -> None:
    """Whoever takes part is known to the whole organisation, and forgotten by all of it."""
    services.erase_stakeholder(part.stakeholder, acting_user=acting_user, now=now)


erase = workspace.workspace_page("stakeholders:delete", authz.everywhere)(pages.erase(_erase, "manage"))

button = Buttons("campaigns", "campaigns:person", _part_or_404, workspace_page)
renew = button("manage", services.renew_link, NEW_LINK)
revoke = button("manage", services.revoke_link, WITHDRAWN)
remind = button("remind", services.remind_person, gettext_lazy("A reminder is on its way."), telling=as_warnings)
remove = button("manage", services.remove_person, gettext_lazy("The person no longer takes part."), then=_campaign_of)
