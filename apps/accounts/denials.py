"""Every refusal to somebody who is signed in goes on record: of pages, of the administration, of the API.

Once a minute for each person and place, since nobody must be able to fill a trail that stays.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.response import Response

from apps import audit
from apps.accounts.api.permissions import permission_for
from apps.core import context, once
from apps.core import views as pages
from apps.core.api import problems
from apps.core.errors import Refused

SECONDS = 60


def page(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The handler of 403 for all that is no API."""
    match = request.resolver_match
    _record({"page": (match.view_name or "") if match else "", "method": str(request.method)[:10]})
    return pages.permission_denied(request, exception)


def exception_handler(error: Exception, about: dict[str, Any]) -> Response | None:
    """The API's: what is refused for want of a right is recorded, whoever noticed it."""
    refused = isinstance(error, Refused) and error.status == 403
    if refused or isinstance(error, (PermissionDenied, exceptions.PermissionDenied)):
        view = about["view"]
        _record({"permission": permission_for(view) if getattr(view, "resource", "") else ""})
    return problems.exception_handler(error, about)


def _record(details: dict[str, str]) -> None:
    who = context.current().user_id
    if who and once.is_first(f"denied:{who}:{'|'.join(details.values())}", SECONDS):
        audit.record("permission.denied", now=timezone.now(), outcome="denied", details=details)
