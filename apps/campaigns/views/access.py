"""The door of the respondent's pages: a personal link is all the authority there is.

No cookie says who somebody is, so a foreign page cannot make a browser answer in somebody's name without knowing the
link; that is why these views need no CSRF token, and work under ``Referrer-Policy: no-referrer`` (which makes
browsers send ``Origin: null``) and without cookies.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt

from apps.campaigns import links, questionnaire
from apps.campaigns.links import Dead
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.questionnaire import Questionnaire
from apps.configuration import services as configuration
from apps.configuration import throttling
from apps.core import context
from apps.core.observability.middleware import client_address
from apps.models.models import Answer, Response

P = ParamSpec("P")

LANGUAGE_COOKIE = "respondent_language"
YEAR = 365 * 24 * 3600
#: Wrong links an hour from one address: an office may share one, a search for links never succeeds anyway.
WRONG_LINKS = 300
#: The frame would otherwise make a token, and a cookie for it, that nothing here asks for.
NO_COOKIE = {"csrf_token": ""}
STATUS = {Dead.UNKNOWN: 404, Dead.WITHDRAWN: 410, Dead.CLOSED: 410}


@dataclass(frozen=True, slots=True)
class Visit:
    """Who came through which link, and what they are asked."""

    token: str
    participation: Participation
    response: Response
    form: Questionnaire
    language: str
    now: datetime

    @property
    def campaign(self) -> Campaign:
        return self.participation.campaign

    def answers(self) -> dict[str, Answer]:
        return {answer.question: answer for answer in self.response.answers.all()}

    def shared(self, request: HttpRequest) -> dict[str, Any]:
        """What every page of the respondent shows."""
        return {
            **NO_COOKIE,
            "visit": self,
            "campaign": self.campaign,
            "organisation": request.tenant.name,  # type: ignore[attr-defined]
            "languages": [
                {"code": code, "name": name, "url": f"?lang={code}"} for code, name in offered_languages(self.form)
            ],
        }


Page = Callable[Concatenate[HttpRequest, Visit, P], HttpResponse]


def by_personal_link(page: Page[P]) -> Callable[..., HttpResponse]:
    """Let in who comes through a live link; everybody else gets a page that says what to do, and no more."""

    @csrf_exempt
    @wraps(page)
    def entered(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = _enter(request, token, page, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return entered


def _enter(request: HttpRequest, token: str, page: Page[P], *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
    now = timezone.now()
    found = links.find(token, now=now)
    if found.participation is None:
        return _turned_away(request, Dead.UNKNOWN, f"wrong-link:{client_address(request)}", WRONG_LINKS)
    limit = int(configuration.get(links.PER_LINK.name))
    if found.dead is not None:
        return _turned_away(request, found.dead, f"link:{found.participation.pk}", limit)
    if _is_used_up(f"link:{found.participation.pk}", limit):
        return _slow_down(request)
    visit = _visit(request, token, found.participation, now)
    context.amend(user_id=visit.response.rater, actor_type="participant")
    response = page(request, visit, *args, **kwargs)
    if "lang" in request.GET:
        _remember_language(response, visit.language)
    return response


def _visit(request: HttpRequest, token: str, participation: Participation, now: datetime) -> Visit:
    form = questionnaire.of(participation.campaign.version)
    language = _language(request, form, participation.stakeholder.language)
    translation.activate(language)
    return Visit(token, participation, _response(participation), form, language, now)


def _response(participation: Participation) -> Response:
    """The response with what its services read of it, all of which came with the participation."""
    response, assessment = participation.response, participation.campaign.assessment
    if response is None or assessment is None:
        raise LookupError("a link that is alive leads to a response")
    assessment.version = participation.campaign.version
    response.assessment = assessment
    return response


def offered_languages(form: Questionnaire) -> list[tuple[str, str]]:
    """Those that both the pages and every question speak."""
    return [(code, name) for code, name in settings.LANGUAGES if code in form.languages]


def _language(request: HttpRequest, form: Questionnaire, preferred: str) -> str:
    offered = [code for code, _ in offered_languages(form)]
    for wanted in (request.GET.get("lang"), request.COOKIES.get(LANGUAGE_COOKIE), preferred):
        if wanted in offered:
            return wanted
    return offered[0] if offered else settings.LANGUAGE_CODE


def _remember_language(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=YEAR,
        path="/a/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _turned_away(request: HttpRequest, dead: Dead, counter: str, limit: int) -> HttpResponse:
    if _is_used_up(counter, limit):
        return _slow_down(request)
    if getattr(request, "htmx", False):
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    return render(request, f"campaigns/respond/{dead.value}.html", NO_COOKIE, status=STATUS[dead])


def _is_used_up(counter: str, limit: int) -> bool:
    used = throttling.COUNTER.count(f"{counter}:{int(time.time() // throttling.WINDOW)}", draw=1)
    return used is not None and used > limit


def _slow_down(request: HttpRequest) -> HttpResponse:
    wait = throttling.WINDOW - int(time.time()) % throttling.WINDOW
    response = render(request, "errors/429.html", {**NO_COOKIE, "retry_after": wait}, status=429)
    response["Retry-After"] = str(wait)
    return response
