from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from apps.accounts import sessions
from apps.configuration import zones
from apps.core.api import problems
from apps.core.errors import catalogue
from apps.core.paths import is_api

catalogue("password_is_first", 403, "The first password must be replaced")
#: What is open with a first password.
OPEN = ("accounts:account", "accounts:sign-out")


class SessionLimitsMiddleware:
    """Ends sessions that are idle, too old or of another tenant; stands right behind Django's session middleware.

    What a page fetches by itself keeps nobody signed in. The browser does not tell a timer from a click, so no fetch of
    htmx counts as use, but every page that is opened and every form that is sent.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.get(SESSION_KEY):
            now = timezone.now()
            if not sessions.is_alive(request.session, now):
                why = sessions.why_over(request.session, now)
                request.session.flush()
                return _with_reason(self.get_response(request), why)
            if not is_background(request):
                sessions.note_use(request.session, now)
            if request.session.get(sessions.FIRST) and not _is_open(request.path):
                return _replace_first(request)
        return self.get_response(request)


def _is_open(path: str) -> bool:
    return path.startswith((settings.STATIC_URL, *(reverse(name) for name in OPEN)))


def _with_reason(response: HttpResponse, why: str) -> HttpResponse:
    """The way to the sign-in page tells why somebody is sent there."""
    target = response.headers.get("Location", "")
    if why and target.startswith(reverse("accounts:sign-in")):
        response["Location"] = f"{target}{'&' if '?' in target else '?'}ended={why}"
    return response


def _replace_first(request: HttpRequest) -> HttpResponse:
    """Nothing is open before a password that somebody else has seen is replaced."""
    if is_api(request):
        return problems.http_response("password_is_first", "Sign in and replace your first password before you go on.")
    return redirect("accounts:account")


def is_background(request: HttpRequest) -> bool:
    """A fragment that htmx fetched, perhaps on a timer, or a page that a browser fetched before anybody asked."""
    is_fragment = request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers
    is_early = "prefetch" in request.headers.get("Sec-Purpose", "")
    return request.method in ("GET", "HEAD") and (is_fragment or is_early)


class TimeZoneMiddleware:
    """Shows and reads times of pages in the reader's zone, else in the tenant's; the API speaks UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_api(request):
            return self.get_response(request)
        own = getattr(request.user, "time_zone", "") if request.session.get(SESSION_KEY) else ""
        with timezone.override(zones.named(own)):
            return self.get_response(request)
