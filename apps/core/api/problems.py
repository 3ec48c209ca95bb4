"""RFC 9457 problem details: the one shape of every error of the API."""

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

from apps.core import context
from apps.core.api.renderers import encode
from apps.core.errors import CATALOGUE, Invalid, Problem, Refused
from resimate_text.pointers import pointer as step_to

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
#: SQLSTATE of what is there already, of what was removed meanwhile, and of what would overlap.
MEETINGS = frozenset({"23505", "23503", "23P01"})

#: DRF's own exceptions, by their status.
CODES = {
    400: "malformed",
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    503: "unavailable",
}
OF_DJANGO: dict[type[Exception], str] = {
    Http404: "not_found",
    PermissionDenied: "permission_denied",
    RequestDataTooBig: "too_large",
}


def body(code: str, detail: str = "") -> dict[str, Any]:
    entry = CATALOGUE[code]
    return {
        "type": f"/api/docs/errors#{code}",
        "title": entry.title,
        "status": entry.status,
        "code": code,
        "detail": detail or entry.title,
        "trace_id": context.current().trace_id,
    }


def of_refusal(refused: Refused) -> dict[str, Any]:
    problem = body(refused.code, refused.detail)
    if refused.errors:
        problem["errors"] = [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in refused.errors]
    if refused.more:
        problem["more_errors"] = refused.more
    return problem


def response(code: str, detail: str = "", headers: dict[str, str] | None = None) -> Response:
    return _answer(body(code, detail), headers)


def _answer(problem: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(problem, status=problem["status"], headers=headers, content_type=MEDIA_TYPE)


def http_response(code: str, detail: str = "") -> HttpResponse:
    """The same for code that runs outside DRF."""
    problem = body(code, detail)
    return HttpResponse(encode(problem), status=problem["status"], content_type=MEDIA_TYPE)


def exception_handler(error: Exception, _: dict[str, Any]) -> Response | None:
    """Turn every anticipated failure into a problem; what is not anticipated rises and is logged at the edge."""
    if isinstance(error, exceptions.ValidationError):
        error = Invalid("", errors=_problems(error.detail, ""))
    if isinstance(error, Refused):
        return _answer(of_refusal(error), {**error.headers, **_when_again(error)})
    if isinstance(error, exceptions.APIException):
        return _of_drf(error)
    code = next((code for kind, code in OF_DJANGO.items() if isinstance(error, kind)), None)
    return response(code) if code else _of_database(error)


def _when_again(error: Refused) -> dict[str, str]:
    seconds = getattr(error, "retry_after", None)
    return {"Retry-After": str(seconds)} if seconds is not None else {}


def met_another(error: BaseException | None) -> bool:
    """Whether two wanted the same at the same moment: a check had nothing to find, and a constraint is the net below.

    What else a constraint refuses is a fault of ours.
    """
    state = getattr(getattr(error, "__cause__", None), "sqlstate", None)
    return isinstance(error, IntegrityError) and state in MEETINGS


def _of_database(error: Exception) -> Response | None:
    if met_another(error):
        logger.warning("two wrote the same at the same moment: %s", type(error.__cause__).__name__)
        return response("changed_meanwhile")
    if isinstance(error, (OperationalError, InterfaceError)):
        return response("unavailable")
    if isinstance(error, DataError):  # the net below the checks: a number, a time, a text that no column can hold
        logger.warning("the database refused a value: SQLSTATE %s", getattr(error.__cause__, "sqlstate", None))
        return response("invalid", "Some of what was sent is beyond what can be stored.")
    return None


def _of_drf(error: exceptions.APIException) -> Response:
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, round(wait)))
    return response(CODES.get(error.status_code, "malformed"), str(error.detail), headers=headers)


def _problems(detail: Any, pointer: str) -> Iterator[Problem]:
    """DRF's nested errors as pointers: ``{"name": ["…"]}`` becomes ``/name``."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            step = "" if key == "non_field_errors" else step_to(key)
            yield from _problems(value, pointer + step)
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, (dict, list))
            yield from _problems(value, f"{pointer}/{index}" if nested else pointer)
    else:
        yield Problem(pointer, str(detail), getattr(detail, "code", "invalid"))


@csrf_exempt
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """For addresses below ``/api/`` that lead nowhere."""
    return http_response("not_found")
