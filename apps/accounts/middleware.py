from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.accounts import sessions


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
                request.session.flush()
            elif not is_background(request):
                sessions.note_use(request.session, now)
        return self.get_response(request)


def is_background(request: HttpRequest) -> bool:
    """A fragment that htmx fetched, perhaps on a timer, or a page that a browser fetched before anybody asked."""
    is_fragment = request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers
    is_early = "prefetch" in request.headers.get("Sec-Purpose", "")
    return request.method in ("GET", "HEAD") and (is_fragment or is_early)
