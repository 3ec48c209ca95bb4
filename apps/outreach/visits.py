"""Pages behind a personal link: the link is all the authority there is.

No cookie says who somebody is, so a foreign page cannot make a browser answer in somebody's name without knowing the
link; that is why these views need no CSRF token, and work under ``Referrer-Policy: no-referrer`` (which makes
browsers send ``Origin: null``) and without cookies.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt

from apps.configuration import languages, throttling
from apps.configuration import services as configuration
from apps.core import context
from apps.core.observability.middleware import client_address
from apps.outreach.links import Found, H, LinkState, PersonalLinks, links_of
from apps.outreach.services import note_opened
from apps.outreach.settings_keys import PER_LINK

P = ParamSpec("P")
V = TypeVar("V", bound="Visit[Any]")
Page = Callable[Concatenate[HttpRequest, V, P], HttpResponse]
YEAR = 365 * 24 * 3600
#: Wrong links an hour from one address: an office may share one, a search for links never succeeds anyway.
WRONG_LINKS = 300
#: The frame would otherwise make a token, and a cookie for it, that nothing here asks for.
NO_COOKIE = {"csrf_token": ""}
STATUS = {LinkState.UNKNOWN: 404, LinkState.WITHDRAWN: 410, LinkState.CLOSED: 410}


@dataclass(frozen=True)
class Visit(Generic[H]):
    """Somebody behind a live link; each app adds what its own pages read of them."""

    token: str
    holder: H
    language: str
    now: datetime

    @classmethod
    def languages_for(cls, holder: H) -> Sequence[tuple[str, str]]:
        """The languages that all pages behind the link speak."""
        return languages.offered()

    @property
    def visitor(self) -> str:
        """Who they are in logs and on record: their part in the round, which says nothing of answers."""
        return str(self.holder.pk)

    @property
    def check_url(self) -> str:
        """Where all that was answered is looked over and sent."""
        return self.url("check")

    def url(self, page: str, *args: str) -> str:
        """The address of a page behind the link, by the end of its route's name."""
        return reverse(f"{links_of(type(self.holder)).route}-{page}", args=[self.token, *args])

    def shared(self, request: HttpRequest) -> dict[str, Any]:
        """What every page behind the link shows."""
        languages = self.languages_for(self.holder)
        return {
            **NO_COOKIE,
            "visit": self,
            "round": self.holder.round,
            "opened_url": "" if self.holder.opened_at else self.url("opened"),
            "zone": timezone.get_current_timezone_name(),
            "organisation": request.tenant.name,  # type: ignore[attr-defined]  # the middleware sets it
            "languages": [{"code": code, "name": name, "url": f"?lang={code}"} for code, name in languages],
        }


@dataclass(frozen=True, slots=True)
class ByPersonalLink(Generic[H, V]):
    """Lets in who holds one kind of link, as a ``visit``; ``closed`` is the template for a link whose time is over."""

    links: PersonalLinks[H]
    visit: type[V]
    closed: str

    def __call__(self, page: Page[V, P]) -> Callable[..., HttpResponse]:
        """Let in who comes through a live link; everybody else gets a page that says what to do, and no more.

        Nobody stores the page, indexes it, or learns its address.
        """

        @csrf_exempt
        @wraps(page)
        def page_for_visitor(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            response = self._enter(request, token, page, *args, **kwargs)
            response["Cache-Control"] = "no-store"
            response["Referrer-Policy"] = "no-referrer"
            response["X-Robots-Tag"] = "noindex, nofollow"
            return response

        return page_for_visitor

    def _enter(
        self, request: HttpRequest, token: str, page: Page[V, P], *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        now = timezone.now()
        found = self.links.find(token, now=now)
        if refusal := _refusal_page(request, found, self.closed):
            return refusal
        assert found.holder is not None  # noqa: S101  a link that is alive is somebody's
        if request.method == "POST":  # programs follow links, too: scanners of mail, previews, prefetching browsers
            note_opened(found.holder, now=now)
        visit = self.visit(token, found.holder, self._language(request, found.holder), now)
        translation.activate(visit.language)
        context.amend(user_id=visit.visitor, actor_type="participant")
        response = page(request, visit, *args, **kwargs)
        if "lang" in request.GET:
            _remember(response, visit.language, self.links.folder)
        return response

    def _language(self, request: HttpRequest, holder: H) -> str:
        offered = [code for code, _name in self.visit.languages_for(holder)]
        return language_of(request, offered, holder.person.language)


def opened(request: HttpRequest, visit: Visit[Any]) -> HttpResponse:
    """Take the word of a browser that somebody touched the page; it has been noted already."""
    return HttpResponse(status=204)


def _refusal_page(request: HttpRequest, found: Found[Any], closed: str) -> HttpResponse | None:
    """The page for who may not come in; None for who may."""
    if found.holder is None:
        counter, limit = f"wrong-link:{client_address(request)}", WRONG_LINKS
    else:
        counter, limit = f"link:{found.holder.pk}", int(configuration.get(PER_LINK.name))
    if _is_used_up(counter, limit):
        return _slow_down(request)
    if found.state is LinkState.LIVE:
        return None
    if getattr(request, "htmx", False):
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    template = closed if found.state is LinkState.CLOSED else f"outreach/{found.state.value}.html"
    return render(request, template, NO_COOKIE, status=STATUS[found.state])


def language_of(request: HttpRequest, offered: Sequence[str], preferred: str) -> str:
    """The language asked for now, else before, else the person's own, among those offered."""
    for wanted in (request.GET.get("lang"), request.COOKIES.get(settings.VISITOR_LANGUAGE_COOKIE_NAME), preferred):
        if wanted in offered:
            return str(wanted)
    return offered[0] if offered else settings.LANGUAGE_CODE


def _remember(response: HttpResponse, language: str, path: str) -> None:
    """Keep a language that was asked for, for the pages below ``path``."""
    response.set_cookie(
        settings.VISITOR_LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _is_used_up(counter: str, limit: int) -> bool:
    used = throttling.COUNTER.count(f"{counter}:{int(time.time() // throttling.WINDOW)}", draw=1)
    return used is not None and used > limit


def _slow_down(request: HttpRequest) -> HttpResponse:
    wait = throttling.WINDOW - int(time.time()) % throttling.WINDOW
    response = render(request, "errors/429.html", {**NO_COOKIE, "retry_after": wait}, status=429)
    response["Retry-After"] = str(wait)
    return response
