"""What every view of the API does: ETags and their conditions, and remembered answers to repeated requests."""

import hashlib
import logging
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from django.db import DatabaseError, IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import headers
from apps.core.api.parameters import Parameter, read_query
from apps.core.api.parsers import body_of
from apps.core.api.renderers import Written, encode
from apps.core.errors import Invalid, Problem, Refused, Stale
from apps.core.fields import fingerprint
from apps.core.models import RememberedAnswer
from apps.core.turns import of_group, turn
from resimate_text.pointers import pointer

logger = logging.getLogger(__name__)

ABANDONED = timedelta(minutes=1)
#: Bytes of a body from which reading it is work that is done in turns.
LARGE = 1024 * 1024
F = TypeVar("F", bound=Callable[..., Any])


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


def no_body(handler: F) -> F:
    """Say of a POST that all is said by its address: a body that says more is refused."""
    handler.takes_body = False  # type: ignore[attr-defined]  # read by initial()
    return handler


class ApiView(APIView):
    """Base of the API's views. ``throttle_group`` names the rate limit, ``resource`` the permission's first part.

    ``parameters`` declare by action (or method) what the query may hold; nothing else is taken.
    """

    throttle_group: ClassVar[str]
    resource = ""
    parameters: ClassVar[Mapping[str, Sequence[Parameter]]] = {}
    #: What the query says, by the names of the parameters.
    query: Mapping[str, Any]
    #: Whether a long body is work for a core, which is done in turns.
    is_work: ClassVar[bool] = True
    #: Whether a write takes If-Match.
    is_compared: ClassVar[bool] = True
    #: Whether what it shows follows from rights alone, so that it can be shown as somebody else would see it.
    shown_as: ClassVar[bool] = False
    #: Headers that say what is asked for, as the body does elsewhere.
    asking_headers: ClassVar[Sequence[str]] = ()
    _remembering: RememberedAnswer | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with ExitStack() as self._turns:
            try:
                response = super().dispatch(request, *args, **kwargs)
            except Exception:
                self._forget()
                raise
        if self._remembering is not None:
            self._remember(self._remembering, response)
        for name, value in getattr(request, "rate_limit", {}).items():
            response[name] = value
        if (
            isinstance(response, Response | Written)
            and request.method in ("GET", "HEAD")
            and response.status_code == 200
        ):
            response = self._conditional(request, response)
        if request.method == "GET" and response.status_code == 200:
            self.note_reading(response)
        return response

    def note_reading(self, response: Any) -> None:
        """Put on record that what the answer holds was read, where that is somebody's."""

    def _conditional(self, request: HttpRequest, response: Response | Written) -> Response | Written:
        if isinstance(response, Response):
            response.render()
        etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        response["ETag"] = etag
        # A program may keep it and ask whether it still holds; a browser has nothing of it once somebody signs out.
        response["Cache-Control"] = "private, no-cache" if self.request.auth else "private, no-store"
        if matches(request.headers.get("If-None-Match", ""), etag):
            response.status_code = 304
            response.content = b""
        return response

    def check_current(self, representation: Any) -> None:
        """Refuse the write when ``If-Match`` names another state than the present one. Call it under a row lock."""
        wanted = self.request.headers.get("If-Match")
        if wanted is not None and not matches(wanted, etag_of(representation)):
            raise Stale("The object has changed since you read it. Read it again, and send the new ETag in If-Match.")

    def check_permissions(self, request: Request) -> None:
        """Count first: a refusal writes to the audit trail, and who is only refused must come to an end too."""
        super().check_throttles(request)
        headers.heed(request, self)
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        """Done already, before the permissions."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        _refuse_nul(request)
        if self.is_work and int(request.META.get("CONTENT_LENGTH") or 0) >= LARGE:  # before it is read
            self._turns.enter_context(turn(of_group(self.throttle_group)))
        key = request.headers.get("Idempotency-Key")
        if request.method == "POST" and key and request.user.is_authenticated:
            self._remembering = self._first(request, key)
        self.query = read_query(request.query_params, self.query_parameters(), self.known_parameters())
        self._refuse_idle_body(request)

    def query_parameters(self) -> Sequence[Parameter]:
        """What the query of this request may hold."""
        action = getattr(self, "action", None) or str(self.request.method).lower()
        return self.parameters.get(action, ())

    def known_parameters(self) -> frozenset[str]:
        """What of the query others read: the format, where there is a choice."""
        formats = {renderer.format for renderer in self.renderer_classes}
        return frozenset(({"format"} if len(formats) > 1 else set()) | ({"bom"} if "csv" in formats else set()))

    def _refuse_idle_body(self, request: Request) -> None:
        handler = getattr(self, str(request.method).lower(), None)
        if handler is None or getattr(handler, "takes_body", request.method != "DELETE") or not request.data:
            return
        keys = list(request.data) if isinstance(request.data, dict) else [""]
        raise Invalid(
            "This address takes no body.",
            errors=[Problem(pointer(key) if key else "", "is not allowed here", "unknown_key") for key in keys],
        )

    def _first(self, request: Request, key: str) -> RememberedAnswer:
        if not (len(key) <= 255 and key.isascii() and key.isprintable()):
            raise Invalid("An Idempotency-Key must be 1 to 255 printable ASCII characters.")
        said = [request.get_full_path(), *(request.headers.get(name, "") for name in self.asking_headers)]
        asked = hashlib.sha256(b"\0".join([*map(str.encode, said), body_of(request._request)])).hexdigest()
        kept = bytes.fromhex(fingerprint(asked))  # what was sent may be a few answers
        now = timezone.now()
        user: Any = request.user.pk
        known = RememberedAnswer.objects.filter(user=user, key=key)
        known.filter(status=None, created_at__lt=now - ABANDONED).delete()
        try:
            with transaction.atomic():
                return RememberedAnswer.objects.create(user=user, key=key, request_digest=kept, created_at=now)
        except IntegrityError:
            raise self._second(known.first(), (kept, bytes.fromhex(asked))) from None

    def _second(self, answer: RememberedAnswer | None, asked: Container[bytes]) -> Exception:
        """``asked``: as it is kept, and as a process of the version before has kept it."""
        if answer is None:  # the first one failed a moment ago, and was forgotten
            return StillRunning("The first request with this Idempotency-Key has only just ended; send it again.")
        if bytes(answer.request_digest) not in asked:
            return KeyReused("The first request with this Idempotency-Key was another one; choose a new key.")
        if answer.status is None:
            return StillRunning("The first request with this Idempotency-Key has not ended yet.")
        return _Replay(answer)

    def handle_exception(self, exc: Exception) -> Response | Written:  # type: ignore[override]  # a replay is written already
        if isinstance(exc, _Replay):
            return _again(exc.answer)
        return super().handle_exception(exc)

    def _remember(self, answer: RememberedAnswer, response: Any) -> None:
        if response.status_code >= 500:
            self._forget()
            return
        if isinstance(response, Response):
            response.render()
        headers_kept = ("Location", "ETag", "Content-Type")
        answer.status = response.status_code
        answer.headers = {name: response[name] for name in headers_kept if response.has_header(name)}
        answer.body = response.content.decode()
        try:
            with transaction.atomic():
                answer.save(update_fields=["status", "headers", "body"])
        except DatabaseError:  # what was asked for is done and must be answered so; a replay will find it done
            logger.warning("an answer could not be remembered")

    def _forget(self) -> None:
        """A fault is not an answer: the same key may try again."""
        if self._remembering is not None:
            with suppress(DatabaseError):
                self._remembering.delete()

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Say in ``Allow`` which methods the address takes; what they take stands in the OpenAPI document."""
        return Response(status=204)


def _again(answer: RememberedAnswer) -> Written:
    headers = {**answer.headers, "Idempotent-Replayed": "true"}
    kind = {"content_type": headers.pop("Content-Type")} if "Content-Type" in headers else {}
    return Written(answer.body.encode(), status=answer.status, headers=headers, **kind)


def _refuse_nul(request: Request) -> None:
    """The database holds no text with U+0000, so nothing can be found by one."""
    query = request.query_params
    if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.META.get("QUERY_STRING", ""):
        wrong = [name for name in query if "\0" in name or any("\0" in value for value in query.getlist(name))]
        raise Invalid(
            "Text cannot contain the character U+0000.",
            errors=[Problem(f"/{name}", "contains the character U+0000", "bad_text") for name in wrong],
        )
