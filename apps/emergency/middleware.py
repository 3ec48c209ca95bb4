"""What somebody opens in an emergency is on record, each page and address of the API, and their pages say it."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django_tenants.utils import get_public_schema_name

from apps import audit
from apps.accounts.middleware import is_background
from apps.accounts.models import User
from apps.accounts.workspace import GLANCE
from apps.core import context, crypto, once
from apps.core.tenancy import current_schema
from apps.emergency import services
from apps.emergency.models import EmergencyAccess

#: Sessions of who has access in an emergency have it, so that no other request asks the database.
MARK: Final = "emergency"


@receiver(user_logged_in)
def mark(sender: Any, request: HttpRequest, user: Any, **more: Any) -> None:
    """Who signs in again within the hour is inside by it, too."""
    if current_schema() != get_public_schema_name() and services.running_access(user, now=timezone.now()):
        request.session[MARK] = True


def access_of(request: HttpRequest) -> EmergencyAccess | None:
    """The access with which the person is inside; none for all others."""
    found: EmergencyAccess | None = getattr(request, "emergency", None)
    return found


class EmergencyMiddleware:
    """Notes each request that somebody makes while they have access in an emergency.

    Stands in front of whatever shows the product as somebody else sees it: it is about who is there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        access = access_of(request)
        if access and not _is_known(request, access):
            _record(request, access, response.status_code)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if MARK not in request.session or not isinstance(request.user, User):
            return
        access = services.running_access(request.user, now=timezone.now())
        if access is None:
            del request.session[MARK]
            return
        request.emergency = access  # type: ignore[attr-defined]  # for pages, and for what is recorded
        context.note(emergency=str(access.pk))


def _is_known(request: HttpRequest, access: EmergencyAccess) -> bool:
    """Whether a page only fetches again what is on record: the same address, whole with its query.

    That it does so says who asks, so that alone hides nothing.
    """
    address = crypto.token_digest(request.get_full_path()).hex()  # what somebody searches for is kept nowhere
    return is_background(request) and not once.is_first(f"emergency:{access.pk}:{address}", GLANCE)


def _is_id(one: Any) -> bool:
    """Of an address its ids alone are kept: what else it says may open something, as the token of a link does."""
    try:
        return str(one).isdecimal() or bool(UUID(str(one)))
    except ValueError:
        return False


def _record(request: HttpRequest, access: EmergencyAccess, status: int) -> None:
    """What was refused is on record, too: it was tried, and a form that was wrong is shown with its page."""
    match = request.resolver_match
    ids = {name: str(one) for name, one in match.kwargs.items() if _is_id(one)} if match else {}
    details = ids | {"page": match.view_name if match else "", "method": str(request.method), "status": status}
    outcome = "success" if status < 400 else "failure"
    audit.record("emergency.used", now=timezone.now(), target=access, outcome=outcome, details=details)
