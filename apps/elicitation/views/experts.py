"""The experts of an elicitation: adding them, their judgements, and their personal links."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.workspace import user_of, workspace_page
from apps.core.pages import errors_as_messages, errors_on_form
from apps.elicitation import comparison_labels, presenting, services
from apps.elicitation.forms import AddExpertsForm
from apps.elicitation.models import Expert
from apps.elicitation.reading import Judged
from apps.elicitation.views.permissions import READ, crumbs, elicitation_or_404
from apps.notifications.services import messages_to


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("weight-elicitations:update")
def add(request: HttpRequest, pk: UUID) -> HttpResponse:
    elicitation = elicitation_or_404(request, pk, "weight-elicitations:update")
    form = AddExpertsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        people = form.cleaned_data["contacts"]
        with errors_on_form(form):
            added = services.add_experts(elicitation, people, acting_user=user_of(request), now=timezone.now())
            said = ngettext("%(count)d expert is asked.", "%(count)d experts are asked.", len(added))
            messages.success(request, said % {"count": len(added)})
            return redirect("elicitation:detail", pk)
    page = {"form": form, "elicitation": elicitation, "crumbs": crumbs(elicitation, with_itself=True)}
    return render(request, "elicitation/add_experts.html", page, status=422 if form.errors else 200)


@require_safe
@workspace_page("weight-elicitations:read", shows="expert")
def person(request: HttpRequest, pk: UUID, expert: UUID) -> HttpResponse:
    """One expert: what they judged, what was sent to them, and what can be done about their link."""
    return _show(request, _expert_or_404(request, pk, expert, READ))


@require_POST
@workspace_page("weight-elicitations:manage", shows="expert")
def link(request: HttpRequest, pk: UUID, expert: UUID) -> HttpResponse:
    found = _expert_or_404(request, pk, expert, "weight-elicitations:manage")
    return _show(request, found, services.show_link(found, acting_user=user_of(request), now=timezone.now()))


def _show(request: HttpRequest, found: Expert, url: str = "") -> HttpResponse:
    elicitation = found.elicitation
    page = {
        "within": elicitation,
        "one": found,
        "link": url,
        "may_show": not url and found.revoked_at is None,
        "may_manage": user_of(request).has_perm("weight-elicitations:manage", elicitation),
        "messages_sent": messages_to(found.about, found.pk),
        "judged": _judged(found, get_language() or "en"),
        "crumbs": crumbs(elicitation, with_itself=True),
    }
    return render(request, "elicitation/expert.html", page)


def _judged(expert: Expert, language: str) -> list[dict[str, Any]]:
    """What the expert has sent, node by node."""
    method = expert.elicitation.method
    sent = {one.node: one.sent for one in expert.judgements.all() if one.sent is not None}
    judged = [Judged(method, node, sent[node.code], expert) for node in expert.elicitation.asked if node.code in sent]
    return [
        {
            "title": one.node.item.title(language),
            "chart": presenting.own_weights(one, language),
            "ratio": presenting.ratio(one.outcome.ratio),
            "is_inconsistent": one.outcome.is_inconsistent,
            "doubt": presenting.doubt(one.doubtful, language),
            "comparisons": _comparisons(one, language),
        }
        for one in judged
    ]


def _comparisons(judged: Judged, language: str) -> list[dict[str, str]]:
    titles = {child.code: child.title(language) for child in judged.node.children}
    return [
        {
            "pair": _("%(first)s or %(second)s") % {"first": titles[one["more"]], "second": titles[one["less"]]},
            "said": comparison_labels.comparison(titles[one["more"]], one["strength"]),
        }
        for one in judged.value.get("comparisons", [])
    ]


@require_POST
@workspace_page("weight-elicitations:manage")
def renew(request: HttpRequest, pk: UUID, expert: UUID) -> HttpResponse:
    found = _expert_or_404(request, pk, expert, "weight-elicitations:manage")
    with errors_as_messages(request):
        services.renew_link(found, acting_user=user_of(request), now=timezone.now())
        messages.success(request, _("A new link is on its way; the old one no longer works."))
    return redirect("elicitation:expert", pk, expert)


@require_POST
@workspace_page("weight-elicitations:manage")
def revoke(request: HttpRequest, pk: UUID, expert: UUID) -> HttpResponse:
    found = _expert_or_404(request, pk, expert, "weight-elicitations:manage")
    services.revoke_link(found, acting_user=user_of(request), now=timezone.now())
    messages.success(request, _("The link is withdrawn."))
    return redirect("elicitation:expert", pk, expert)


@require_POST
@workspace_page("weight-elicitations:update")
def delete(request: HttpRequest, pk: UUID, expert: UUID) -> HttpResponse:
    found = _expert_or_404(request, pk, expert, "weight-elicitations:update")
    with errors_as_messages(request):
        services.delete_expert(found, acting_user=user_of(request), now=timezone.now())
        messages.success(request, _("The expert is taken out."))
        return redirect("elicitation:detail", pk)
    return redirect("elicitation:expert", pk, expert)


def _expert_or_404(request: HttpRequest, elicitation: UUID, pk: UUID, permission: str) -> Expert:
    return get_object_or_404(elicitation_or_404(request, elicitation, permission).experts, pk=pk)
