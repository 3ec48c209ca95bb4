"""Who came through an expert's personal link, and what they are asked."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from apps.elicitation import judgement_values, links
from apps.elicitation.models import Expert, Judgement, WeightElicitation
from apps.elicitation.question_snapshot import AskedNode
from apps.outreach import visits
from apps.outreach.visits import ByPersonalLink


@dataclass(frozen=True)
class Visit:
    """An expert behind a live link."""

    token: str
    expert: Expert
    language: str
    now: datetime

    @property
    def visitor(self) -> str:
        return str(self.expert.pk)

    @property
    def elicitation(self) -> WeightElicitation:
        return self.expert.elicitation

    @cached_property
    def saved(self) -> dict[str, Judgement]:
        return {one.node: one for one in self.expert.judgements.all()}

    def value(self, node: AskedNode) -> dict[str, Any]:
        """What was answered about a node so far."""
        saved = self.saved.get(node.code)
        return dict(saved.value) if saved else judgement_values.empty(self.elicitation.method)

    def after(self, node: AskedNode) -> AskedNode | None:
        place = self.elicitation.asked.index(node) + 1
        return self.elicitation.asked[place] if place < len(self.elicitation.asked) else None

    def shared(self, request: HttpRequest) -> dict[str, Any]:
        """What every page of the expert shows."""
        opened = "" if self.expert.opened_at else reverse("elicitation:answer-opened", args=[self.token])
        frame = visits.frame(request, self, settings.LANGUAGES)
        return {**frame, "elicitation": self.elicitation, "opened_url": opened}


def _visit(request: HttpRequest, token: str, expert: Expert, now: datetime) -> Visit:
    language = visits.language_of(request, [code for code, _name in settings.LANGUAGES], expert.language)
    return Visit(token, expert, language, now)


by_personal_link = ByPersonalLink(links.LINKS, _visit, "elicitation/answer/closed.html")
