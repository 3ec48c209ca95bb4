from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.accounts import sessions


class SessionLimitsMiddleware:
    """Ends sessions that are idle, too old or of another tenant; stands right behind Django's session middleware.

    What a page asks for by itself (htmx on a timer) is marked ``Resimate-Background`` or comes from a polling trigger,
    and keeps nobody signed in.
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
    """A refresh that nobody asked for: our pages poll with GET through htmx, people follow links and send forms."""
    return (
        request.method == "GET" and request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers
    )
