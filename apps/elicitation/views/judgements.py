"""Judgements entered on experts' behalf: from a meeting, from paper, from a spreadsheet."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.workspace import user_of, workspace_page
from apps.core.api.raw_lists import csv_download
from apps.core.errors import Problem, Refused
from apps.core.pages import problems_told
from apps.core.translating import translated
from apps.elicitation import judgement_file, judgement_values, services
from apps.elicitation.forms import JudgementsForm
from apps.elicitation.models import WeightElicitation
from apps.elicitation.question_snapshot import AskedNode
from apps.elicitation.views.permissions import crumbs, elicitation_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("weight-elicitations:update", shows="expert")
def enter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Check a file's judgements, or enter them: all or none, each line that is wrong is named."""
    elicitation = elicitation_or_404(request, pk, "weight-elicitations:update")
    form = JudgementsForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    outcome: dict[str, Any] | None = None
    if request.method == "POST" and form.is_valid():
        try:
            outcome = services.import_judgements(
                elicitation,
                form.lines,
                dry_run="check" in request.POST,
                acting_user=user_of(request),
                now=timezone.now(),
            )
        except Refused as refused:
            _explain(form, refused)
    if outcome and not outcome["dry_run"]:
        message = ngettext("%(count)d judgement entered.", "%(count)d judgements entered.", outcome["judgements"])
        messages.success(request, message % {"count": outcome["judgements"]})
        for note in outcome["warnings"]:
            messages.warning(request, note["detail"])
        return redirect("elicitation:detail", pk)
    if outcome:  # a browser does not keep a chosen file: what it held stands in the form now
        form = JudgementsForm(initial={"text": form.lines})
    page = {
        "form": form,
        "elicitation": elicitation,
        "outcome": outcome,
        "columns": ", ".join(judgement_file.columns(elicitation.method)),
        "crumbs": crumbs(elicitation, with_itself=True),
    }
    return render(request, "elicitation/enter.html", page, status=422 if form.errors else 200)


def _explain(form: JudgementsForm, refused: Refused) -> None:
    form.add_error(form.source, ValidationError(problems_told(refused, _sentence)))


def _sentence(problem: Problem) -> str:
    return f"{_place(problem.pointer)}: {translated(problem.detail)}"


def _place(pointer: str) -> str:
    """``/csv/3/points`` in words."""
    _empty, _csv, *rest = pointer.split("/")
    if not rest:
        return _("File")
    if len(rest) == 1:
        return _("Line %(line)s") % {"line": rest[0]}
    return _("Line %(line)s, %(column)s") % {"line": rest[0], "column": rest[1]}


@require_safe
@workspace_page("weight-elicitations:update", shows="expert")
def blank_file(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    """A file with a line for everything that is asked of everybody, to be filled in."""
    elicitation = elicitation_or_404(request, pk, "weight-elicitations:update")
    return csv_download(_lines(elicitation), name="judgements")


def _lines(elicitation: WeightElicitation) -> Iterator[dict[str, str]]:
    names = judgement_file.columns(elicitation.method)
    for email in [one.email for one in elicitation.experts.order_by("pk")] or [""]:
        for node in elicitation.asked:
            for parts in _asked(elicitation.method, node):
                yield dict(zip(names, (email, node.code, *parts, ""), strict=True))


def _asked(method: str, node: AskedNode) -> list[tuple[str, ...]]:
    if method == judgement_values.AHP:
        return [(first.code, second.code) for first, second in node.pairs]
    return [(code,) for code in node.codes]
