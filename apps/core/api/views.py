"""What every view of the API does: ETags and their conditions, and remembered answers to repeated requests."""

import hashlib
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.renderers import Encoded, encode
from apps.core.errors import Refused, Stale
from apps.core.models import RememberedAnswer

ABANDONED = timedelta(minutes=1)


class KeyReused(Refused):
    code = "idempotency_key_reused"
    status = 422
    title = "This Idempotency-Key was used for another request"


class StillRunning(Refused):
    code = "idempotency_in_progress"
    title = "The first request with this Idempotency-Key is still running"


class _Replay(Exception):
    def __init__(self, answer: RememberedAnswer) -> None:
        super().__init__()
        self.answer = answer


def etag_of(data: Any) -> str:
    return f'"{hashlib.sha256(encode(data)).hexdigest()[:32]}"'


def matches(header: str, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or etag in tags


class ApiView(APIView):
    """Base of the API's views. ``throttle_group`` names the rate limit, ``resource`` the permission's first part."""

    throttle_group = "default"
    resource = ""
    _remembering: RememberedAnswer | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        if self._remembering is not None:
            self._remember(self._remembering, response)
        for name, value in getattr(request, "rate_limit", {}).items():
            response[name] = value
        if isinstance(response, Response) and request.method in ("GET", "HEAD") and response.status_code == 200:
            return self._conditional(request, response)
        return response

    def _conditional(self, request: HttpRequest, response: Response) -> Response:
        response.render()
        etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        response["ETag"] = etag
        response["Cache-Control"] = "private, no-cache"
        if matches(request.headers.get("If-None-Match", ""), etag):
            response.status_code = 304
            response.content = b""
        return response

    def check_current(self, representation: Any) -> None:
        """Refuse the write when ``If-Match`` names another state than the present one. Call it under a row lock."""
        wanted = self.request.headers.get("If-Match")
        if wanted is not None and not matches(wanted, etag_of(representation)):
            raise Stale("It has changed since you read it: read it again, and send the new ETag in If-Match.")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        key = request.headers.get("Idempotency-Key")
        if request.method == "POST" and key and request.user.is_authenticated:
            self._remembering = self._first(request, key)

    def _first(self, request: Request, key: str) -> RememberedAnswer:
        if len(key) > 255:
            raise KeyReused("An Idempotency-Key has at most 255 characters.")
        asked = hashlib.sha256(request.path.encode() + b"\0" + request._request.body).digest()
        now = timezone.now()
        user: Any = request.user.pk
        known = RememberedAnswer.objects.filter(user=user, key=key)
        known.filter(status=None, created_at__lt=now - ABANDONED).delete()
        try:
            with transaction.atomic():
                return RememberedAnswer.objects.create(user=user, key=key, request_digest=asked, created_at=now)
        except IntegrityError:
            raise self._second(known.get(), asked) from None

    def _second(self, answer: RememberedAnswer, asked: bytes) -> Exception:
        if bytes(answer.request_digest) != asked:
            return KeyReused("The first request with this Idempotency-Key was another one; choose a new key.")
        if answer.status is None:
            return StillRunning("The first request with this Idempotency-Key has not ended yet.")
        return _Replay(answer)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, _Replay):
            answer = exc.answer
            content = Encoded(answer.body.encode())
            return Response(content, status=answer.status, headers={**answer.headers, "Idempotent-Replayed": "true"})
        return super().handle_exception(exc)

    def _remember(self, answer: RememberedAnswer, response: Any) -> None:
        if response.status_code >= 500:
            answer.delete()
            return
        response.render()
        kept = ("Location", "ETag", "Content-Type")
        answer.status = response.status_code
        answer.headers = {name: response[name] for name in kept if response.has_header(name)}
        answer.body = response.content.decode()
        answer.save(update_fields=["status", "headers", "body"])
