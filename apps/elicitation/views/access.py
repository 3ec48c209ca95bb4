"""Who came through an expert's personal link, and what they are asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from apps.accounts import door
from apps.core import context
from apps.elicitation import judging, links
from apps.elicitation.asked import AskedNode
from apps.elicitation.models import Expert, Judgement, WeightElicitation

P = ParamSpec("P")


@dataclass(frozen=True)
class Visit:
    """An expert behind a live link."""

    token: str
    expert: Expert
    language: str
    now: datetime

    @property
    def elicitation(self) -> WeightElicitation:
        return self.expert.elicitation

    @cached_property
    def saved(self) -> dict[str, Judgement]:
        return {one.node: one for one in self.expert.judgements.all()}

    def value(self, node: AskedNode) -> dict[str, Any]:
        """What was answered about a node so far."""
        saved = self.saved.get(node.code)
        return dict(saved.value) if saved else judging.empty(self.elicitation.method)

    def after(self, node: AskedNode) -> AskedNode | None:
        place = self.elicitation.asked.index(node) + 1
        return self.elicitation.asked[place] if place < len(self.elicitation.asked) else None

    def shared(self, request: HttpRequest) -> dict[str, Any]:
        """What every page of the expert shows."""
        return {
            **door.NO_COOKIE,
            "visit": self,
            "elicitation": self.elicitation,
            "organisation": request.tenant.name,  # type: ignore[attr-defined]
            "languages": [{"code": code, "name": name, "url": f"?lang={code}"} for code, name in settings.LANGUAGES],
        }


Page = Callable[Concatenate[HttpRequest, Visit, P], HttpResponse]


def by_personal_link(page: Page[P]) -> Callable[..., HttpResponse]:
    """Let in who comes through a live link; everybody else gets a page that says what to do, and no more."""

    @door.private
    @wraps(page)
    def entered(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        found = links.find(token)
        turned_away = door.turn_away(request, found, "elicitation/answer/closed.html")
        if turned_away is not None or found.holder is None:
            return turned_away or HttpResponse(status=404)
        visit = _visit(request, token, found.holder)
        context.amend(user_id=str(visit.expert.pk), actor_type="participant")
        response = page(request, visit, *args, **kwargs)
        door.remember_language(request, response, visit.language, "/e/")
        return response

    return entered


def _visit(request: HttpRequest, token: str, expert: Expert) -> Visit:
    language = door.language_of(request, [code for code, _name in settings.LANGUAGES], expert.language)
    translation.activate(language)
    return Visit(token, expert, language, timezone.now())
