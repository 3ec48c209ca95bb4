"""The mailbox of a development install: every e-mail and text, so that a newcomer can follow an invitation."""

from collections.abc import Iterator
from email.message import EmailMessage
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.core.observability import health
from apps.notifications.rendering import TENANT_HEADER
from resimate_servers import mailbox
from resimate_servers.mailbox import StoredMail

NEWEST = 100


@require_safe
@never_cache
def mail(request: HttpRequest) -> HttpResponse:
    shown = [_summary(one) for one in islice(_visible(request), NEWEST)]
    template = "dev/_mails.html" if getattr(request, "htmx", False) else "dev/mails.html"
    return render(request, template, {"mails": shown, "newest": NEWEST})


@require_safe
@never_cache
def mail_detail(request: HttpRequest, key: str) -> HttpResponse:
    one = next((found for found in _visible(request) if found.key == key), None)
    if one is None:
        raise Http404
    return render(request, "dev/mail.html", {"mail": {**_summary(one), "body": _text(one.message)}})


def _visible(request: HttpRequest) -> Iterator[StoredMail]:
    """Those of the host's tenant; all of them on the platform's host."""
    folder = _folder(request)
    host: Any = request.tenant  # type: ignore[attr-defined]  # the middleware sets it
    for one in mailbox.messages(folder):
        if host.is_platform or one.message.get(TENANT_HEADER) == host.schema_name:
            yield one


def _folder(request: HttpRequest) -> Path:
    """It holds everybody's personal links, and asks for no sign-in: it opens on this machine alone."""
    if not (settings.DEVELOPMENT and settings.MAILBOX_DIR and health.asked_near(request)):
        raise Http404
    return Path(settings.MAILBOX_DIR)


def _summary(one: StoredMail) -> dict[str, Any]:
    message = one.message
    return {
        "key": one.key,
        "subject": str(message.get("Subject", "")),
        "sender": str(message.get("From", "")),
        "recipients": ", ".join(one.recipients),
        "received_at": one.received_at,
        "preview": " ".join(_text(message).split())[:160],
    }


def _text(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    return str(part.get_content()) if part is not None else ""
