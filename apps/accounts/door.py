"""The door of pages behind a personal link: the link is all the authority there is.

No cookie says who somebody is, so a foreign page cannot make a browser answer in somebody's name without knowing the
link; that is why these views need no CSRF token, and work under ``Referrer-Policy: no-referrer`` (which makes
browsers send ``Origin: null``) and without cookies.
"""

import time
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from apps.accounts.links import PER_LINK, Dead, Found
from apps.configuration import services as configuration
from apps.configuration import throttling
from apps.core.observability.middleware import client_address

P = ParamSpec("P")

LANGUAGE_COOKIE = "respondent_language"
YEAR = 365 * 24 * 3600
#: Wrong links an hour from one address: an office may share one, a search for links never succeeds anyway.
WRONG_LINKS = 300
#: The frame would otherwise make a token, and a cookie for it, that nothing here asks for.
NO_COOKIE = {"csrf_token": ""}
STATUS = {Dead.UNKNOWN: 404, Dead.WITHDRAWN: 410, Dead.CLOSED: 410}


def private(page: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """A page that nobody stores, indexes, or learns the address of."""

    @csrf_exempt
    @wraps(page)
    def entered(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = page(*args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return entered


def turn_away(request: HttpRequest, found: Found[Any], closed: str) -> HttpResponse | None:
    """The page for who may not come in, which says what to do and no more; None for who may.

    ``closed`` is the template for a link whose time is over.
    """
    if found.holder is None:
        counter, limit = f"wrong-link:{client_address(request)}", WRONG_LINKS
    else:
        counter, limit = f"link:{found.holder.pk}", int(configuration.get(PER_LINK.name))
    if _is_used_up(counter, limit):
        return _slow_down(request)
    if found.dead is None:
        return None
    if getattr(request, "htmx", False):
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    template = closed if found.dead is Dead.CLOSED else f"links/{found.dead.value}.html"
    return render(request, template, NO_COOKIE, status=STATUS[found.dead])


def language_of(request: HttpRequest, offered: Sequence[str], preferred: str) -> str:
    """The language asked for now, else before, else the person's own, among those offered."""
    for wanted in (request.GET.get("lang"), request.COOKIES.get(LANGUAGE_COOKIE), preferred):
        if wanted in offered:
            return str(wanted)
    return offered[0] if offered else settings.LANGUAGE_CODE


def remember_language(request: HttpRequest, response: HttpResponse, language: str, path: str) -> None:
    """Keep a language that was asked for, for the pages below ``path``."""
    if "lang" in request.GET:
        response.set_cookie(
            LANGUAGE_COOKIE,
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
