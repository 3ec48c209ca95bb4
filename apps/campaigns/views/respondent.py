"""Who came through a participation's personal link, and what they are asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.campaigns import links, questionnaire
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.questionnaire import Questionnaire
from apps.models.models import Answer, Response
from apps.outreach import visits
from apps.outreach.visits import YEAR, ByPersonalLink, Page


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
    def visitor(self) -> str:
        """The person's part: what is on record of a visit is about the person, and never about the answers."""
        return str(self.participation.pk)

    @property
    def campaign(self) -> Campaign:
        return self.participation.campaign

    def answers(self) -> dict[str, Answer]:
        return {answer.question: answer for answer in self.response.answers.all()}

    def shared(self, request: HttpRequest) -> dict[str, Any]:
        """What every page of the respondent shows."""
        opened = "" if self.participation.opened_at else reverse("campaigns:respond-opened", args=[self.token])
        frame = visits.frame(request, self, offered_languages(self.form))
        return {**frame, "campaign": self.campaign, "opened_url": opened}


def _visit(request: HttpRequest, token: str, participation: Participation, now: datetime) -> Visit:
    form = questionnaire.of(participation.campaign.version)
    offered = [code for code, _ in offered_languages(form)]
    language = visits.language_of(request, offered, participation.stakeholder.language)
    return Visit(token, participation, _response(participation), form, language, now)


def _response(participation: Participation) -> Response:
    """The response with what its services read of it, all of which came with the participation."""
    response, assessment = participation.response, participation.campaign.assessment
    if response is None or assessment is None:
        raise LookupError("a link that is alive leads to a response")
    participation.response = response
    assessment.version = participation.campaign.version
    response.assessment = assessment
    return response


def offered_languages(form: Questionnaire) -> list[tuple[str, str]]:
    """Those that both the pages and every question speak."""
    return [(code, name) for code, name in settings.LANGUAGES if code in form.languages]


_behind_a_link = ByPersonalLink(links.LINKS, _visit, "campaigns/respond/closed.html")
P = ParamSpec("P")


def by_personal_link(page: Page[Visit, P]) -> Callable[..., HttpResponse]:
    """Show a respondent's page to the person who holds the link.

    When somebody else has seen the link, answers are shown only in the browser in which they were begun.
    """

    def page_in_its_browser(request: HttpRequest, visit: Visit, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        begun = visit.participation.has_begun
        if begun and visit.participation.is_seen and not _began_here(request, visit):
            return render(request, "campaigns/respond/elsewhere.html", visit.shared(request), status=403)
        response = page(request, visit, *args, **kwargs)
        if visit.participation.has_begun and not begun and visit.participation.is_seen:
            _remember_beginning(response, visit)
        return response

    return wraps(page)(_behind_a_link(page_in_its_browser))


def _began_here(request: HttpRequest, visit: Visit) -> bool:
    return request.get_signed_cookie(_cookie(visit), "", salt=visit.token) == "begun"


def _remember_beginning(response: HttpResponse, visit: Visit) -> None:
    response.set_signed_cookie(
        _cookie(visit),
        "begun",
        salt=visit.token,
        max_age=YEAR,
        path=f"{links.LINKS.folder}{visit.token}/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _cookie(visit: Visit) -> str:
    return f"begun-{visit.participation.pk.hex}"
