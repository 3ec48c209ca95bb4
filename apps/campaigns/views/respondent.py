"""Who came through a participation's personal link, and what they are asked."""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.campaigns import links, questionnaire
from apps.campaigns.models import Participation
from apps.campaigns.questionnaire import Questionnaire
from apps.configuration import languages
from apps.models.answers import Answer
from apps.models.models import Response
from apps.models.services import commented_answers_of
from apps.outreach import visits
from apps.outreach.visits import YEAR, ByPersonalLink, Page


class Visit(visits.Visit[Participation]):
    """A stakeholder behind a live link, and what they are asked."""

    @classmethod
    def languages_for(cls, holder: Participation) -> list[tuple[str, str]]:
        """Those that the organisation offers and every question speaks; where there is none, those of the questions."""
        form = questionnaire.of(holder.campaign.version)
        spoken = [(code, name) for code, name in settings.LANGUAGES if code in form.languages]
        return [one for one in spoken if one in languages.offered()] or spoken

    @cached_property
    def form(self) -> Questionnaire:
        return questionnaire.of(self.holder.campaign.version)

    @cached_property
    def response(self) -> Response:
        """The response with what its services read of it, all of which came with the participation."""
        response, assessment = self.holder.response, self.holder.campaign.assessment
        if response is None or assessment is None:
            raise LookupError("a link that is alive leads to a response")
        assessment.version = self.holder.campaign.version
        response.assessment = assessment
        return response

    def answers(self) -> dict[str, Answer]:
        return commented_answers_of(self.response)


_behind_a_link = ByPersonalLink(links.LINKS, Visit, "campaigns/respond/closed.html")
P = ParamSpec("P")


def by_personal_link(page: Page[Visit, P]) -> Callable[..., HttpResponse]:
    """Show a respondent's page to the person who holds the link.

    When somebody else has seen the link, answers are shown only in the browser in which they were begun.
    """

    def page_in_its_browser(request: HttpRequest, visit: Visit, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        begun = visit.holder.has_begun
        if begun and visit.holder.is_seen and not _began_here(request, visit):
            return render(request, "campaigns/respond/elsewhere.html", visit.shared(request), status=403)
        response = page(request, visit, *args, **kwargs)
        if visit.holder.has_begun and not begun and visit.holder.is_seen:
            _remember_beginning(response, visit)
        return response

    return wraps(page)(_behind_a_link(page_in_its_browser))


def _began_here(request: HttpRequest, visit: Visit) -> bool:
    names = (_cookie(visit), _plain(visit))  # the second is of before they had a prefix: they live for a year
    return any(request.get_signed_cookie(name, "", salt=visit.token) == "begun" for name in names)


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
    return f"{settings.PATH_COOKIE}{_plain(visit)}"


def _plain(visit: Visit) -> str:
    return f"begun-{visit.holder.pk.hex}"
