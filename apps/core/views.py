"""Error pages: problem+json below ``/api/``, a page elsewhere."""

import sys
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from apps.core import context
from apps.core.api import problems
from apps.core.crypto import Erased, KeyAway, Undecryptable
from apps.core.errors import Refused
from apps.core.paths import is_api


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, "permission_denied", "errors/csrf.html", 403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, "malformed", "errors/400.html", 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, "permission_denied", "errors/403.html", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, "not_found", "errors/404.html", 404)


def too_large(request: HttpRequest) -> HttpResponse:
    return _answer(request, "too_large", "errors/413.html", 413, most=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def busy(request: HttpRequest, refusal: Refused, seconds: int) -> HttpResponse:
    """Others keep the service busy, or somebody of the same organisation does."""
    response = _answer(request, refusal.code, "errors/429.html", refusal.status, retry_after=seconds)
    response["Retry-After"] = str(seconds)
    return response


def unknown_host(request: HttpRequest) -> HttpResponse:
    """Nobody's address: the answer is the same for all, and says nothing about who else is here."""
    return _in_their_language(request, "not_found", "errors/unknown_host.html", 404)


def suspended(request: HttpRequest) -> HttpResponse:
    """The workspace of an organisation that was suspended."""
    return _in_their_language(request, "suspended", "errors/suspended.html", 403)


def _in_their_language(request: HttpRequest, code: str, template: str, status: int) -> HttpResponse:
    """For answers before any middleware has chosen the language."""
    with translation.override(translation.get_language_from_request(request)):
        return _answer(request, code, template, status)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault; or the word that the database is away, or that somebody else did the same at the same moment."""
    if isinstance(sys.exception(), (OperationalError, InterfaceError)):
        return _answer(request, "unavailable", "errors/500.html", 503)
    if isinstance(error := sys.exception(), (Erased, KeyAway, Undecryptable)):
        return _unreadable(request, error)
    if problems.met_another(sys.exception()):
        return _answer(request, "changed_meanwhile", "errors/409.html", 409)
    return _answer(request, "internal", "errors/500.html", 500)


def _unreadable(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """What is stored encrypted is damaged or was erased, or its keys are away for a while."""
    seconds = getattr(refusal, "retry_after", None)
    shown = {"retry_after": seconds, "is_erased": isinstance(refusal, Erased)}
    response = _answer(request, refusal.code, "errors/unreadable.html", refusal.status, **shown)
    if seconds is not None:
        response["Retry-After"] = str(seconds)
    return response


def _answer(request: HttpRequest, code: str, template: str, status: int, **more: Any) -> HttpResponse:
    if is_api(request):
        return problems.http_response(code)
    return render(request, template, {"request_id": context.current().trace_id, **more}, status=status)
