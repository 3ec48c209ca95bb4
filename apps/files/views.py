"""The page behind an address of a file: the file."""

from collections.abc import Iterator
from itertools import chain

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
from apps.files import links, ranges, services
from apps.files.models import StoredFile
from apps.files.settings_keys import RATE


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
        page = render(request, "files/refused.html", context, status=refusal.status)
        for name, value in refusal.headers.items():
            page[name] = value
        return _private(page)


def _count(file: StoredFile) -> None:
    """Whoever has an address needs no account, and each time it is used goes into the trail for good."""
    window = int(timezone.now().timestamp() // WINDOW)
    used = COUNTER.count(f"download:{file.pk}:{window}", draw=1)
    if used is not None and used > configuration.get(RATE.name):
        raise FetchedTooOften("The file was fetched too often in the last hour. Please try again later.")


def sent(request: HttpRequest, file: StoredFile) -> HttpResponseBase:
    """The file, or the part of it that is asked for. Raises ``RangeNotSatisfiable``.

    The first piece is read before anything is said: what is gone or damaged from its beginning is a page.
    """
    asked = _part(request, file)
    part = range(file.size) if asked is None else asked
    pieces = services.read(file, part.start, part.stop)
    begun: Iterator[bytes] = chain([next(pieces)], () if request.method == "HEAD" else pieces)
    details = {"from": part.start, "bytes": len(part)}
    reading.note("stored_file", now=timezone.now(), target=file, is_export=True, details=details)
    response = StreamingHttpResponse(begun, status=200 if asked is None else 206, content_type=file.media_type)
    response["Content-Length"] = str(len(part))
    response["Content-Disposition"] = str(content_disposition_header(as_attachment=True, filename=file.name))
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = _etag(file)
    if asked is not None:
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{file.size}"
    return _private(response)


def _part(request: HttpRequest, file: StoredFile) -> range | None:
    """None for the whole: nobody asks for a part, or it would be one of another content."""
    if request.method != "GET" or request.headers.get("If-Range", _etag(file)) != _etag(file):
        return None
    return ranges.asked_for(request.headers.get("Range", ""), file.size)


def _etag(file: StoredFile) -> str:
    return f'"{file.sha256[:32]}"'


def _private(response: HttpResponseBase | HttpResponse) -> HttpResponseBase:
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
