from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.accounts import holds, services, sessions
from apps.accounts.holds import Hold
from apps.accounts.models import User
from apps.configuration import zones
from apps.core import context
from apps.core.api import problems
from apps.core.paths import is_api

SAFE: Final = ("GET", "HEAD", "OPTIONS")
#: What stays the viewer's own while they look as somebody else.
OF_THE_VIEWER: Final = frozenset({"accounts:stop-view", "accounts:sign-out", "accounts:session"})
OVER: Final = gettext_noop("You see the product as yourself again.")


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
            request.remaining = sessions.Remaining(request.session, now)  # type: ignore[attr-defined]  # for pages
            hold = holds.of(request.session)
            if hold and not hold.lets(request.path):
                return _held(request, hold)
            return _even_if_ended(request, self.get_response(request))
        return self.get_response(request)


def _even_if_ended(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Who has ended their own session is told what else was done: nothing is to be kept in it any more."""
    session = request.session
    if session.modified and session.session_key and not session.exists(session.session_key):
        session.flush()
    return response


def _with_reason(response: HttpResponse, why: str) -> HttpResponse:
    """The way to the sign-in page tells why somebody is sent there."""
    target = response.headers.get("Location", "")
    if why and target.startswith(reverse("accounts:sign-in")):
        response["Location"] = f"{target}{'&' if '?' in target else '?'}ended={why}"
    return response


def _held(request: HttpRequest, hold: Hold) -> HttpResponse:
    """Nothing else is open before the session has done what it has to do first."""
    return problems.http_response(hold.code, hold.detail) if is_api(request) else redirect(hold.pages[0])


def is_background(request: HttpRequest) -> bool:
    """A fragment that htmx fetched, perhaps on a timer, or a page that a browser fetched before anybody asked."""
    is_fragment = request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers
    is_early = "prefetch" in request.headers.get("Sec-Purpose", "")
    return request.method in ("GET", "HEAD") and (is_fragment or is_early)


class ViewingMiddleware:
    """Shows the product as somebody else sees it, to whoever asked for that; stands behind who names the actor.

    Nothing is sent, nothing of the API is open, and no page that is the person's alone, such as that of their account:
    a page is shown that says whom it lets in, by its rights.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if not isinstance(request.user, User) or not services.has_view(request.session):
            return None
        match = request.resolver_match
        if match and match.view_name in OF_THE_VIEWER:
            return None
        now = timezone.now()
        view_now = services.view_of(request.session, request.user, now)
        if view_now is None:
            return _is_over(request, request.user, now)
        request.viewing = view_now  # type: ignore[attr-defined]  # for pages
        request.user = view_now.person
        context.note(viewed_as=str(view_now.person.pk))
        if request.method not in SAFE or not _is_shown(request, view, view_now.person):
            raise PermissionDenied
        return None


def _is_shown(request: HttpRequest, view: Callable[..., Any], person: User) -> bool:
    if is_api(request):
        return False
    shown_as: Callable[[User], bool] | None = getattr(view, "shown_as", None) or getattr(view, "admits", None)
    is_administration = bool(request.resolver_match and request.resolver_match.app_name == "admin")
    return is_administration or (shown_as is not None and shown_as(person))


def _is_over(request: HttpRequest, viewer: User, now: datetime) -> HttpResponse:
    """What was sent in the belief to be somebody else is not done as oneself."""
    services.stop_view(request.session, acting_user=viewer, now=now, reason="over")
    rotate_token(request)
    if is_api(request):
        return problems.http_response("permission_denied", OVER)
    messages.info(request, _(OVER))
    return redirect("/")


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
