"""Who came through a participation's personal link, and what they are asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from apps.accounts import door
from apps.accounts.door import Door
from apps.campaigns import links, questionnaire
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.questionnaire import Questionnaire
from apps.models.models import Answer, Response


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
        return str(self.response.rater)

    @property
    def campaign(self) -> Campaign:
        return self.participation.campaign

    def answers(self) -> dict[str, Answer]:
        return {answer.question: answer for answer in self.response.answers.all()}

    def shared(self, request: HttpRequest) -> dict[str, Any]:
        """What every page of the respondent shows."""
        opened = "" if self.participation.opened_at else reverse("campaigns:respond-opened", args=[self.token])
        frame = door.frame(request, self, offered_languages(self.form))
        return {**frame, "campaign": self.campaign, "opened_url": opened}


def _visit(request: HttpRequest, token: str, participation: Participation, now: datetime) -> Visit:
    form = questionnaire.of(participation.campaign.version)
    offered = [code for code, _ in offered_languages(form)]
    language = door.language_of(request, offered, participation.stakeholder.language)
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


by_personal_link = Door(links.LINKS, _visit, "campaigns/respond/closed.html", "/a/")
