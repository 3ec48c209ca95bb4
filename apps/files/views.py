"""The page behind an address of a file: the file."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from apps.audit import reading
from apps.configuration import services as configuration
from apps.configuration.throttling import COUNTER, WINDOW
from apps.core.errors import Refused
from apps.core.translating import translated
from apps.files import links, services
from apps.files.models import StoredFile
from apps.files.settings_keys import RATE

#: From that byte to the end: what somebody asks for who was cut off.
REST: Final = re.compile(r"bytes=([0-9]{1,15})-\Z")


class FetchedTooOften(Refused):
    code = "file_fetched_too_often"
    status = 429
    title = "The file is fetched too often"


@require_safe
def download(request: HttpRequest, token: str) -> HttpResponseBase:
    try:
        file = links.file_at(token, now=timezone.now(), user=request.user)
        _count(file)
        return sent(request, file)
    except Refused as refusal:
        context = {"title": refusal.title, "detail": translated(refusal.detail)}
        return _private(render(request, "files/refused.html", context, status=refusal.status))


def _count(file: StoredFile) -> None:
    """Whoever has an address needs no account, and each time it is used goes into the trail for good."""
    window = int(timezone.now().timestamp() // WINDOW)
    used = COUNTER.count(f"download:{file.pk}:{window}", draw=1)
    if used is not None and used > configuration.get(RATE.name):
        raise FetchedTooOften("The file was fetched too often in the last hour. Please try again later.")


def sent(request: HttpRequest, file: StoredFile) -> HttpResponseBase:
    """The first piece is read before anything is said: what is gone or damaged from its beginning is a page."""
    start = _start(request, file)
    pieces = services.read(file, start)
    begun: Iterator[bytes] = chain([next(pieces)], () if request.method == "HEAD" else pieces)
    reading.note("stored_file", now=timezone.now(), target=file, is_export=True, details={"from": start})
    response = StreamingHttpResponse(begun, status=206 if start else 200, content_type=file.media_type)
    response["Content-Length"] = str(file.size - start)
    response["Content-Disposition"] = str(content_disposition_header(as_attachment=True, filename=file.name))
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = f'"{file.sha256[:32]}"'
    if start:
        response["Content-Range"] = f"bytes {start}-{file.size - 1}/{file.size}"
    return _private(response)


def _start(request: HttpRequest, file: StoredFile) -> int:
    """Any other range is answered by the whole, as HTTP allows (RFC 9110, 14.2)."""
    asked = REST.match(request.headers.get("Range", ""))
    is_same = request.headers.get("If-Range", "") in ("", f'"{file.sha256[:32]}"')
    start = int(asked[1]) if asked and is_same else 0
    return start if start < file.size else 0


def _private(response: HttpResponseBase | HttpResponse) -> HttpResponseBase:
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
