"""The analyst's elicitations: the form, and the page on which one is watched and steered."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts import authz
from apps.accounts.buttons import Buttons, as_warnings
from apps.accounts.workspace import user_of, workspace_page
from apps.core.errors import Refused
from apps.core.pages import crumb, errors_as_messages
from apps.elicitation import presenting, question_snapshot, reading, services
from apps.elicitation.forms import ElicitationForm
from apps.elicitation.models import Expert, WeightElicitation
from apps.elicitation.services import NodesChanged
from apps.elicitation.views import experts
from apps.elicitation.views.permissions import crumbs, elicitation_or_404
from apps.models.models import ModelVersion, ResilienceModel
from apps.models.services import parsed
from apps.outreach.views import reminded, show_round, with_messages
from resimate_charts import Count, funnel
from resimate_engine import Node


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("weight-elicitations:create")
def create(request: HttpRequest, model: UUID, number: int) -> HttpResponse:
    """Ask for weights of a draft; who may change the draft may."""
    seen = authz.visible(ResilienceModel.objects.all(), request.user, "models:read")
    version = get_object_or_404(
        ModelVersion.objects.select_related("model"), model__in=seen, model=model, number=number
    )
    if not user_of(request).has_perm("models:update", version.model):
        raise PermissionDenied
    now = timezone.now()
    content, language = parsed(version), get_language() or "en"
    choices = [
        (parent.code, _choice(parent, language, content.language)) for parent in question_snapshot.parents(content)
    ]
    form = ElicitationForm(request.POST or None, request.FILES or None, nodes=choices, today=now.date())
    if request.method == "POST" and form.is_valid():
        try:
            elicitation = _create(request, version, form.cleaned_data)
        except Refused as refused:
            at_nodes = any(problem.pointer.startswith("/nodes") for problem in refused.errors)
            form.add_error("nodes" if at_nodes else None, refused.detail)
        else:
            messages.success(request, _("The elicitation is a draft. Nobody is contacted until you open it."))
            return redirect("elicitation:detail", elicitation.pk)
    page = {
        "form": form,
        "version": version,
        "is_draft": version.state == ModelVersion.State.DRAFT,
        "has_parents": bool(choices),
        "crumbs": [
            crumb(_("Models"), "models:list"),
            crumb(version, "models:version", version.model_id, version.number),
        ],
    }
    return render(request, "elicitation/form.html", page, status=422 if form.errors else 200)


def _choice(node: Node, language: str, default: str) -> str:
    count = len(node.children)
    said = ngettext("%(node)s (%(count)d part)", "%(node)s (%(count)d parts)", count)
    return said % {"node": node.title(language, default), "count": count}


@transaction.atomic
def _create(request: HttpRequest, version: ModelVersion, data: dict[str, Any]) -> WeightElicitation:
    user, now = user_of(request), timezone.now()
    wanted = ("name", "method", "nodes", "introduction", "answer_by")
    elicitation = services.create_elicitation(
        version=version, acting_user=user, now=now, **{name: data[name] for name in wanted}
    )
    if data["contacts"]:
        services.add_experts(elicitation, data["contacts"], acting_user=user, now=now)
    return elicitation


@require_safe
@workspace_page("weight-elicitations:read", shows="expert")
def monitor(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The elicitation as it stands; the whole page, or the part that changes."""
    elicitation = elicitation_or_404(request, pk)
    language = get_language() or "en"
    is_draft = elicitation.version.state == ModelVersion.State.DRAFT
    people = list(elicitation.experts.prefetch_related("judgements").order_by("pk"))
    page = {
        "elicitation": elicitation,
        "status_kind": presenting.status_kind(elicitation),
        "people_title": _("Experts"),
        "rows": with_messages(elicitation, people),
        "funnel": _progress(people),
        "reports": [presenting.shown(report, language) for report in reading.results_of(elicitation)],
        "is_draft": is_draft,
        "changes": _changes(elicitation) if is_draft else [],
        "crumbs": crumbs(elicitation),
    }
    return show_round(request, elicitation, experts.pages, page)


def _changes(elicitation: WeightElicitation) -> list[str]:
    """What keeps the judgements from being applied, said before anybody tries."""
    return [presenting.change(one) for one in question_snapshot.changes(parsed(elicitation.version), elicitation.asked)]


def _progress(experts: list[Expert]) -> Any:
    sent = sum(1 for one in experts if one.sent_at)
    if not sent and not any(one.invited_at for one in experts):
        return None
    steps = [
        Count(_("Experts"), len(experts)),
        Count(_("Opened the link"), sum(1 for one in experts if one.opened_at or one.sent_at)),
        Count(_("Started"), sum(1 for one in experts if one.has_begun or one.has_answered)),
        Count(_("Sent judgements"), sent),
    ]
    title = _("%(sent)d of %(experts)d have sent their judgements") % {"sent": sent, "experts": len(experts)}
    return funnel(steps, title=title)


@contextmanager
def _changes_told(request: HttpRequest) -> Iterator[None]:
    """Tell refusals; where the draft has changed since experts were asked, tell how."""
    with errors_as_messages(request):
        try:
            yield
        except NodesChanged as refused:
            said = [presenting.change(one) for one in refused.changes]
            messages.error(request, " ".join([_("The draft has changed since experts were asked."), *said]))


def _version_of(elicitation: WeightElicitation) -> str:
    return reverse("models:version", args=[elicitation.version.model_id, elicitation.version.number])


OPENED = gettext_lazy("The elicitation is open. The invitations are on their way.")
CLOSED = gettext_lazy("The elicitation is closed. You can apply its weights to the draft now.")
APPLIED = gettext_lazy("The judgements are now in the draft, without names. Its weights are calculated from them.")

button = Buttons("weight-elicitations", "elicitation:detail", elicitation_or_404)
open_now = button("open", services.open_elicitation, OPENED, telling=_changes_told)
remind_now = button("remind", services.remind, reminded, telling=as_warnings)
close_now = button("close", services.close_elicitation, CLOSED)
apply_now = button("apply", services.apply_weights, APPLIED, telling=_changes_told)
delete = button(
    "delete", services.delete_elicitation, gettext_lazy("The elicitation has been deleted."), then=_version_of
)
