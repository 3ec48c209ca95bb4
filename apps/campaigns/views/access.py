"""Who came through a participation's personal link, and what they are asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from apps.accounts import door
from apps.campaigns import links, questionnaire
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.questionnaire import Questionnaire
from apps.core import context
from apps.models.models import Answer, Response

P = ParamSpec("P")


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
            **door.NO_COOKIE,
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

    @door.private
    @wraps(page)
    def entered(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return _enter(request, token, page, *args, **kwargs)

    return entered


def _enter(request: HttpRequest, token: str, page: Page[P], *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
    now = timezone.now()
    found = links.find(token, now=now)
    turned_away = door.turn_away(request, found, "campaigns/respond/closed.html")
    if turned_away is not None or found.holder is None:
        return turned_away or HttpResponse(status=404)
    visit = _visit(request, token, found.holder, now)
    context.amend(user_id=visit.response.rater, actor_type="participant")
    response = page(request, visit, *args, **kwargs)
    door.remember_language(request, response, visit.language, "/a/")
    return response


def _visit(request: HttpRequest, token: str, participation: Participation, now: datetime) -> Visit:
    form = questionnaire.of(participation.campaign.version)
    offered = [code for code, _ in offered_languages(form)]
    language = door.language_of(request, offered, participation.stakeholder.language)
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
