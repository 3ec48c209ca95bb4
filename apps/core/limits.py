"""How large a request may be, and how many may keep a core busy."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from apps.core import turns
from apps.core.views import busy, too_large


class BodyLimitMiddleware:
    """Refuses a body beyond ``DATA_UPLOAD_MAX_MEMORY_SIZE`` before anything reads it.

    Django's own limit leaves out uploaded files, which anybody could fill the disk with: the check of the CSRF token
    reads a form, files and all, before it is known who sends it. Without a length Django reads nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.headers.get("Content-Length") or "0"
        if length.isdecimal() and int(length[:20]) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return self.get_response(request)
        with translation.override(translation.get_language_from_request(request)):
            return too_large(request)


class TurnsMiddleware:
    """Gives a request its turn from the first heavy work on, and says on a page that there was none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with turns.request():
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, turns.TooManyAtOnce | turns.CalculationsBusy):
            return None
        return busy(request, exception, exception.retry_after)
