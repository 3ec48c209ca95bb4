"""The expert's pages: judge without an account, on any device, until the elicitation closes."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import Refused
from apps.elicitation import answering, judgement_values, presenting, services
from apps.elicitation.answering import Given
from apps.elicitation.models import Judgement
from apps.elicitation.question_snapshot import AskedNode
from apps.elicitation.reading import Judged
from apps.elicitation.views.respondent import Visit, by_personal_link
from apps.outreach import visits

opened = require_POST(by_personal_link(visits.opened))


@require_safe
@by_personal_link
def landing(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Who asks, what, how much; begin, or go on where it stopped."""
    tasks = [_task(visit, node) for node in visit.elicitation.asked]
    page = {
        "tasks": tasks,
        "onward_url": next((visit.url("node", task["code"]) for task in tasks if not task["is_whole"]), ""),
        "is_begun": any(task["is_begun"] for task in tasks),
    }
    return render(request, "elicitation/answer/landing.html", {**visit.shared(request), **page})


def _task(visit: Visit, node: AskedNode) -> dict[str, Any]:
    method, value = visit.elicitation.method, visit.value(node)
    done, most = answering.progress(method, node, value)
    return {
        "code": node.code,
        "title": node.item.title(visit.language),
        "parts": len(node.children),
        "done": done,
        "most": most,
        "is_begun": not judgement_values.is_empty(value),
        "is_whole": judgement_values.is_whole(method, node, value),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@by_personal_link
def node(request: HttpRequest, visit: Visit, code: str) -> HttpResponse:
    """One node's form, saved as a whole, with or without JavaScript, and with gaps when it must be."""
    here = next((candidate for candidate in visit.elicitation.asked if candidate.code == code), None)
    if here is None:
        raise Http404
    if request.method != "POST":
        return _show(request, visit, here, {}, {})
    typed = answering.given(visit.elicitation.method, here, request.POST)
    judgement, is_saved = services.save_judgement(
        visit.holder, here, typed.value, seen=request.POST.get("seen"), now=visit.now
    )
    visit.saved[here.code] = judgement
    if getattr(request, "htmx", False):
        return _saved(request, visit, here, judgement, is_saved, typed)
    if not is_saved:
        note = _("This was answered elsewhere in the meantime. The newer answer is shown; change it if you like.")
        return _show(request, visit, here, {"": note}, {}, status=409)
    return _onward(request, visit, here, typed)


def _onward(request: HttpRequest, visit: Visit, here: AskedNode, given: Given) -> HttpResponse:
    """To the next page; gaps are pointed at first, unless the expert wants to go on later or has not begun."""
    later = "later" in request.POST
    gaps = answering.gaps(visit.elicitation.method, here, given.value, visit.language)
    wanted = {} if later or judgement_values.is_empty(given.value) else gaps
    if given.errors or wanted:
        return _show(request, visit, here, {**wanted, **given.errors}, given.errors, status=422)
    following = visit.after(here)
    if later:
        return redirect("elicitation:answer", visit.token)
    if following is None or "check" in request.POST:
        return redirect("elicitation:answer-check", visit.token)
    return redirect("elicitation:answer-node", visit.token, following.code)


def _show(
    request: HttpRequest,
    visit: Visit,
    here: AskedNode,
    problems: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
) -> HttpResponse:
    method, value = visit.elicitation.method, visit.value(here)
    controls = answering.controls(method, here, value, visit.language, errors, request.POST)
    named = {control.name: f"{control.first_title}: {control.error}" for control in controls if control.error}
    page = {
        **_running(visit, here),
        "node": here,
        "title": here.item.title(visit.language),
        "about": here.item.about(visit.language),
        "number": visit.elicitation.asked.index(here) + 1,
        "controls": controls,
        "described": [
            {"title": child.title(visit.language), "about": child.about(visit.language)}
            for child in here.children
            if child.about(visit.language)
        ],
        "is_last": visit.after(here) is None,
        "result": _result(visit, here),
        "problems": [
            {"href": f"#{name}" if name else "", "message": named.get(name, message)}
            for name, message in problems.items()
        ],
    }
    return render(request, "elicitation/answer/node.html", {**visit.shared(request), **page}, status=status)


def _running(visit: Visit, here: AskedNode) -> dict[str, Any]:
    """What changes as the expert goes: how much is done, and the state that the next save is based on."""
    method, value = visit.elicitation.method, visit.value(here)
    done, most = answering.progress(method, here, value)
    saved = visit.saved.get(here.code)
    return {
        "done": done,
        "most": most,
        "is_budget": method != judgement_values.AHP,
        "balance": answering.balance(most - done) if method != judgement_values.AHP else "",
        "seen": saved.saved_at.isoformat() if saved else "",
    }


def _saved(
    request: HttpRequest, visit: Visit, here: AskedNode, judgement: Judgement, is_saved: bool, given: Given
) -> HttpResponse:
    page = {
        **_running(visit, here),
        "saved_at": judgement.saved_at if is_saved else None,
        "is_stale": not is_saved,
        "errors": list(given.errors.values())[:1],
        "oob": True,
    }
    return render(request, "elicitation/answer/_running.html", page)


def _result(visit: Visit, here: AskedNode) -> dict[str, Any] | None:
    """What the answers come to, once they are whole."""
    method, value = visit.elicitation.method, visit.value(here)
    if not judgement_values.is_whole(method, here, value):
        return None
    judged = Judged(method, here, value, visit.holder)
    return {
        "code": here.code,
        "title": here.item.title(visit.language),
        "chart": presenting.own_weights(judged, visit.language),
        "ratio": presenting.ratio(judged.outcome.ratio),
        "is_inconsistent": judged.outcome.is_inconsistent,
        "doubt": presenting.doubt(judged.doubtful, visit.language),
        "place": judged.doubtful.place if judged.doubtful else None,
        "place_text": str(judged.doubtful.place) if judged.doubtful else "",
    }


@require_http_methods(["GET", "HEAD", "POST"])
@by_personal_link
def check(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Everything at a glance with what it comes to, and the button that sends it."""
    problems: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            services.send_judgements(visit.holder, now=visit.now)
        except Refused as refused:
            problems = [
                {"href": f"#n-{code}", "message": _("Complete or clear this: %(node)s") % {"node": title}}
                for code, title in _named(visit, [problem.pointer.lstrip("/") for problem in refused.errors])
            ] or [{"href": "", "message": refused.detail}]
        else:
            return redirect("elicitation:answer-done", visit.token)
    page = {"parts": _parts(visit), "problems": problems}
    status = 422 if problems else 200
    return render(request, "elicitation/answer/check.html", {**visit.shared(request), **page}, status=status)


def _named(visit: Visit, codes: list[str]) -> list[tuple[str, str]]:
    return [(one.code, one.item.title(visit.language)) for one in visit.elicitation.asked if one.code in codes]


def _parts(visit: Visit) -> list[dict[str, Any]]:
    return [{**_task(visit, one), "result": _result(visit, one)} for one in visit.elicitation.asked]


@require_safe
@by_personal_link
def done(request: HttpRequest, visit: Visit) -> HttpResponse:
    if visit.holder.sent_at is None:
        return redirect("elicitation:answer", visit.token)
    page = {"parts": [part for part in _parts(visit) if part["result"]]}
    return render(request, "elicitation/answer/done.html", {**visit.shared(request), **page})
