"""The experts of an elicitation: adding them, their judgements, and their personal links."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.buttons import Buttons
from apps.accounts.workspace import user_of, workspace_page
from apps.core.pages import errors_on_form
from apps.elicitation import comparison_labels, presenting, services
from apps.elicitation.forms import AddExpertsForm
from apps.elicitation.models import Expert
from apps.elicitation.reading import Judged
from apps.elicitation.views.permissions import crumbs, elicitation_or_404
from apps.outreach.views import NEW_LINK, WITHDRAWN, PersonPages


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("weight-elicitations:update")
def add(request: HttpRequest, pk: UUID) -> HttpResponse:
    elicitation = elicitation_or_404(request, pk, "weight-elicitations:update")
    form = AddExpertsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        people = form.cleaned_data["contacts"]
        with errors_on_form(form):
            added = services.add_experts(elicitation, people, acting_user=user_of(request), now=timezone.now())
            said = ngettext("%(count)d expert added.", "%(count)d experts added.", len(added))
            messages.success(request, said % {"count": len(added)})
            return redirect("elicitation:detail", pk)
    page = {"form": form, "elicitation": elicitation, "crumbs": crumbs(elicitation, with_itself=True)}
    return render(request, "elicitation/add_experts.html", page, status=422 if form.errors else 200)


def _judged(expert: Expert, language: str) -> list[dict[str, Any]]:
    """What the expert has sent, node by node."""
    method = expert.elicitation.method
    sent = {judgement.node: judgement.sent for judgement in expert.judgements.all() if judgement.sent is not None}
    judged = [Judged(method, node, sent[node.code], expert) for node in expert.elicitation.asked if node.code in sent]
    return [
        {
            "title": judged_node.node.item.title(language),
            "chart": presenting.own_weights(judged_node, language),
            "ratio": presenting.ratio(judged_node.outcome.ratio),
            "is_inconsistent": judged_node.outcome.is_inconsistent,
            "doubt": presenting.doubt(judged_node.doubtful, language),
            "comparisons": _comparisons(judged_node, language),
        }
        for judged_node in judged
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


def _facts(request: HttpRequest, expert: Expert) -> dict[str, Any]:
    return {
        "may_show": expert.revoked_at is None,
        "judged": _judged(expert, get_language() or "en"),
        "crumbs": crumbs(expert.elicitation, with_itself=True),
    }


def _expert_or_404(request: HttpRequest, pk: UUID, expert: UUID, permission: str) -> Expert:
    return get_object_or_404(elicitation_or_404(request, pk, permission).experts, pk=expert)


def _elicitation_of(expert: Expert) -> str:
    return reverse("elicitation:detail", args=[expert.elicitation_id])


pages = PersonPages(
    "weight-elicitations",
    "expert",
    "elicitation",
    "elicitation:expert",
    _expert_or_404,
    _facts,
    state="elicitation/_state.html",
)
person, link = pages.person(), pages.link(services.show_link)
erase = pages.erase(services.erase_expert, "update")

button = Buttons("weight-elicitations", "elicitation:expert", _expert_or_404)
renew = button("manage", services.renew_link, NEW_LINK)
revoke = button("manage", services.revoke_link, WITHDRAWN)
delete = button("update", services.delete_expert, gettext_lazy("The expert has been removed."), then=_elicitation_of)
