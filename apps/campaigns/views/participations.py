"""The people in a campaign: adding them, and their personal links."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.workspace import user_of
from apps.campaigns import services
from apps.campaigns.forms import AddStakeholdersForm, PersonForm
from apps.campaigns.models import Participation
from apps.campaigns.views.permissions import campaign_or_404, crumbs, veil, workspace_page
from apps.core.pages import errors_as_messages, errors_on_form
from apps.notifications.services import messages_to


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


@require_safe
@workspace_page("campaigns:read", shows="participation")
def person(request: HttpRequest, pk: UUID, participation: UUID) -> HttpResponse:
    """One person's part: how far they are, what was sent to them, and what can be done about their link."""
    return _show(request, _part_or_404(request, pk, participation, "campaigns:read"))


@require_POST
@workspace_page("campaigns:manage", shows="participation")
def link(request: HttpRequest, pk: UUID, participation: UUID) -> HttpResponse:
    found = _part_or_404(request, pk, participation, "campaigns:manage")
    with errors_as_messages(request):
        return _show(request, found, services.show_link(found, acting_user=user_of(request), now=timezone.now()))
    return redirect("campaigns:person", pk, participation)


def _show(request: HttpRequest, found: Participation, url: str = "") -> HttpResponse:
    veil(request, [found])
    page = {
        "within": found.campaign,
        "one": found,
        "link": url,
        "may_show": not url and not found.has_begun,
        "may_manage": user_of(request).has_perm("campaigns:manage", found.campaign),
        "messages_sent": messages_to(found.about, found.pk),
        "crumbs": crumbs(found.campaign),
    }
    return render(request, "campaigns/person.html", page)


@require_POST
@workspace_page("campaigns:manage")
def renew(request: HttpRequest, pk: UUID, participation: UUID) -> HttpResponse:
    found = _part_or_404(request, pk, participation, "campaigns:manage")
    with errors_as_messages(request):
        services.renew_link(found, acting_user=user_of(request), now=timezone.now())
        messages.success(request, _("A new link is on its way; the old one no longer works."))
    return redirect("campaigns:person", pk, participation)


@require_POST
@workspace_page("campaigns:manage")
def revoke(request: HttpRequest, pk: UUID, participation: UUID) -> HttpResponse:
    found = _part_or_404(request, pk, participation, "campaigns:manage")
    services.revoke_link(found, acting_user=user_of(request), now=timezone.now())
    messages.success(request, _("The link is withdrawn."))
    return redirect("campaigns:person", pk, participation)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("campaigns:manage", shows="participation")
def edit(request: HttpRequest, pk: UUID, participation: UUID) -> HttpResponse:
    """Correct a person's name, address, group or language."""
    found = _part_or_404(request, pk, participation, "campaigns:manage")
    if not user_of(request).has_perm("stakeholders:update"):
        raise PermissionDenied
    form = PersonForm(request.POST or None, instance=found.stakeholder)
    if request.method == "POST" and form.is_valid():
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        with errors_on_form(form):
            services.change_stakeholder(found.stakeholder, changes, acting_user=user_of(request), now=timezone.now())
            messages.success(request, _("The person is corrected, in every campaign."))
            return redirect("campaigns:person", pk, participation)
    back = reverse("campaigns:person", args=[pk, participation])
    page = {"form": form, "one": found, "back": back, "crumbs": crumbs(found.campaign)}
    return render(request, "campaigns/edit_person.html", page, status=422 if form.errors else 200)


@require_POST
@workspace_page("campaigns:remind")
def remind(request: HttpRequest, pk: UUID, participation: UUID) -> HttpResponse:
    found = _part_or_404(request, pk, participation, "campaigns:remind")
    with errors_as_messages(request, messages.WARNING):
        services.remind_person(found, acting_user=user_of(request), now=timezone.now())
        messages.success(request, _("A reminder is on its way."))
    return redirect("campaigns:person", pk, participation)


@require_POST
@workspace_page("campaigns:manage")
def remove(request: HttpRequest, pk: UUID, participation: UUID) -> HttpResponse:
    found = _part_or_404(request, pk, participation, "campaigns:manage")
    with errors_as_messages(request):
        services.remove_person(found, acting_user=user_of(request), now=timezone.now())
        messages.success(request, _("The person no longer takes part."))
        return redirect("campaigns:detail", pk)
    return redirect("campaigns:person", pk, participation)


def _part_or_404(request: HttpRequest, campaign: UUID, pk: UUID, permission: str) -> Participation:
    rows = campaign_or_404(request, campaign, permission).participations
    return get_object_or_404(rows.select_related("stakeholder", "response"), pk=pk)
