"""The stakeholder's pages: answer without an account, on any device, until the campaign closes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget

from apps.campaigns import answering, services
from apps.campaigns.answering import Asked
from apps.campaigns.questionnaire import Section
from apps.campaigns.views.respondent import Visit, by_personal_link
from apps.core.errors import Invalid
from apps.core.typed_numbers import Unreadable
from apps.models.answers import Answer, NewAnswer
from apps.models.services import save_answer, save_as_given
from apps.outreach import visits
from resimate_engine import PlacedQuestion

opened = require_POST(by_personal_link(visits.opened))


@require_safe
@by_personal_link
def landing(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Who asks, why, how long it takes; begin, or go on where it stopped."""
    answers = visit.answers()
    answered = _count(visit, answers)
    onward = _onward(visit, answers)
    page = {
        "answered": answered,
        "is_begun": bool(answered) or not onward,
        "onward_url": onward,
        "start": visit.form.sections[0] if visit.form.sections else None,
    }
    return render(request, "campaigns/respond/landing.html", {**visit.shared(request), **page})


def _onward(visit: Visit, answers: Mapping[str, Answer]) -> str:
    """The address of the first question without an answer, if there is one."""
    first = next((code for code in visit.form.questions if not _is_answered(answers, code)), None)
    section = visit.form.section_of(first) if first else None
    return f"{visit.url('section', section.code)}#q-{first}" if section else ""


@require_http_methods(["GET", "HEAD", "POST"])
@by_personal_link
def section(request: HttpRequest, visit: Visit, code: str) -> HttpResponse:
    """One page of questions; the form is saved as a whole, with or without JavaScript."""
    here = visit.form.section(code)
    if here is None:
        raise Http404
    if request.method != "POST":
        return _show(request, visit, here, {}, {})
    errors, notes = _save_page(request, visit, here)
    if errors or notes:
        return _show(request, visit, here, errors, notes, status=422 if errors else 409)
    following = visit.form.after(here)
    if following is None or "check" in request.POST:
        return redirect("campaigns:respond-check", visit.token)
    return redirect("campaigns:respond-section", visit.token, following.code)


def _save_page(request: HttpRequest, visit: Visit, here: Section) -> tuple[dict[str, str], dict[str, str]]:
    """Save what changed; returns what could not be read, and what somebody else answered meanwhile."""
    stored = visit.answers()
    given: list[NewAnswer] = []
    errors: dict[str, str] = {}
    notes: dict[str, str] = {}
    for placed in here.questions:
        code = placed.question.code
        earlier = stored.get(code)
        try:
            typed = answering.given(placed.question, request.POST)
        except Unreadable as unreadable:
            errors[code] = str(unreadable)
            continue
        if answering.is_same(typed, earlier) or (typed.value is None and not typed.comment and earlier is None):
            continue
        if answering.is_stale(typed, earlier):
            notes[code] = _(
                "This was answered elsewhere in the meantime. The newer answer is shown; change it if you like."
            )
            continue
        given.append(NewAnswer(code, typed.value, visit.now, typed.comment))
    if given:
        save_as_given(visit.response, given, now=visit.now)
    return errors, notes


def _show(
    request: HttpRequest,
    visit: Visit,
    here: Section,
    errors: dict[str, str],
    notes: dict[str, str],
    status: int = 200,
) -> HttpResponse:
    answers = visit.answers()
    page = {
        **_progress(visit, answers),
        "section": here,
        "title": here.node.title(visit.language, visit.form.model.language),
        "about": visit.form.model.text(here.node.description, visit.language),
        "questions": [
            _filled_in(request, _asked(visit, placed, answers, notes.get(placed.question.code, "")), errors)
            for placed in here.questions
        ],
        "previous": visit.form.before(here),
        "is_last": visit.form.after(here) is None,
        "problems": [
            {"href": f"#q-{code}", "message": f"{_question_text(visit, code)}: {message}"}
            for code, message in (errors | notes).items()
        ],
    }
    return render(request, "campaigns/respond/section.html", {**visit.shared(request), **page}, status=status)


@require_POST
@by_personal_link
def answer(request: HttpRequest, visit: Visit, question: str) -> HttpResponse:
    """Save one answer as it is given; the later of two writes stays, and the page is told which."""
    placed = next((candidate for candidate in visit.form.model.questions if candidate.question.code == question), None)
    if placed is None:
        raise Http404
    try:
        typed = answering.given(placed.question, request.POST)
    except Unreadable as unreadable:
        return render(
            request, "campaigns/respond/_saved.html", {"code": question, "error": str(unreadable)}, status=422
        )
    saved = save_answer(
        visit.response,
        question,
        typed.value,
        answered_at=_answered_at(request, visit),
        now=visit.now,
        comment=typed.comment,
    )
    page = {**visit.shared(request), **_progress(visit, saved.answers), "code": question, "saved_at": visit.now}
    if not saved.accepted:
        note = _("You answered this elsewhere later. The newer answer is shown; change it if you like.")
        page["question"] = _asked(visit, placed, saved.answers, note)
        response = render(request, "campaigns/respond/_answered_elsewhere.html", page)
        return reswap(retarget(response, f"#q-{question}"), "outerHTML")
    page["seen"] = saved.answered_at.isoformat()
    return render(request, "campaigns/respond/_saved.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@by_personal_link
def check(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All answers on one page, gaps shown; sending them is the other half."""
    answers = visit.answers()
    gaps = [placed for placed in visit.form.model.questions if not _is_answered(answers, placed.question.code)]
    if request.method != "POST":
        return _show_check(request, visit, answers, gaps, [])
    if gaps and "confirmed" not in request.POST:
        return _show_check(request, visit, answers, gaps, [], confirm=True)
    try:
        services.send_answers(visit.holder, now=visit.now)
    except Invalid as invalid:
        required = [problem.pointer.rpartition("/")[2] for problem in invalid.errors]
        return _show_check(request, visit, answers, gaps, required)
    return redirect("campaigns:respond-done", visit.token)


def _show_check(
    request: HttpRequest,
    visit: Visit,
    answers: Mapping[str, Answer],
    gaps: list[PlacedQuestion],
    required: list[str],
    *,
    confirm: bool = False,
) -> HttpResponse:
    required = required or [placed.question.code for placed in gaps if placed.question.required and confirm]
    sections = [
        {
            "section": here,
            "title": here.node.title(visit.language, visit.form.model.language),
            "questions": [_asked(visit, placed, answers) for placed in here.questions],
        }
        for here in visit.form.sections
    ]
    page = {
        **_progress(visit, answers),
        "sections": sections,
        "gaps": len(gaps),
        "confirm": confirm and not required,
        "problems": [_problem(visit, code) for code in required],
    }
    status = 422 if required or confirm else 200
    return render(request, "campaigns/respond/check.html", {**visit.shared(request), **page}, status=status)


def _problem(visit: Visit, code: str) -> dict[str, str]:
    text = _question_text(visit, code)
    return {"href": f"#a-{code}", "message": _("This needs an answer: %(question)s") % {"question": text}}


def _question_text(visit: Visit, code: str) -> str:
    return visit.form.model.text(visit.form.questions[code].text, visit.language, otherwise=code)


@require_safe
@by_personal_link
def done(request: HttpRequest, visit: Visit) -> HttpResponse:
    if visit.response.submitted_at is None:
        return redirect("campaigns:respond", visit.token)
    page = {"receipt": _receipt(visit), "submitted_at": visit.response.submitted_at}
    return render(request, "campaigns/respond/done.html", {**visit.shared(request), **page})


def _receipt(visit: Visit) -> str:
    """A number that this person alone was shown: it is made of their part in the campaign, not of their pseudonym."""
    seal = salted_hmac("resimate.campaigns.receipt", str(visit.holder.pk), algorithm="sha256").hexdigest()[:16]
    return "-".join(seal[start : start + 4] for start in range(0, len(seal), 4)).upper()


def _asked(visit: Visit, placed: PlacedQuestion, answers: Mapping[str, Answer], note: str = "") -> Asked:
    shown = answering.asked(placed, answers.get(placed.question.code), visit.form.model, visit.language)
    return shown.with_note(note)


def _filled_in(request: HttpRequest, asked: Asked, errors: dict[str, str]) -> Asked:
    return asked.with_error(errors[asked.code], request.POST) if asked.code in errors else asked


def _progress(visit: Visit, answers: Mapping[str, Answer]) -> dict[str, Any]:
    return {"answered": _count(visit, answers), "total": visit.form.count}


def _count(visit: Visit, answers: Mapping[str, Answer]) -> int:
    return sum(_is_answered(answers, code) for code in visit.form.questions)


def _is_answered(answers: Mapping[str, Answer], code: str) -> bool:
    return code in answers and answers[code].value is not None


def _answered_at(request: HttpRequest, visit: Visit) -> datetime:
    return answering.moment(_header(request, "X-Answered-At"), _header(request, "X-Sent-At"), visit.now)


def _header(request: HttpRequest, name: str) -> datetime | None:
    try:
        found = parse_datetime(request.headers.get(name, ""))
    except ValueError:
        return None
    return found if found and is_aware(found) else None
