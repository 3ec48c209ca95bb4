"""Who may see the workspace's pages about elicitations."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from apps.accounts import authz
from apps.accounts.models import User
from apps.core.errors import Refused
from apps.elicitation import presenting
from apps.elicitation.models import WeightElicitation
from apps.elicitation.services import NodesChanged
from apps.models.views import staff_page

__all__ = ["crumbs", "do", "elicitation_or_404", "staff_page", "user_of"]

READ = "weight-elicitations:read"


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def elicitation_or_404(request: HttpRequest, pk: UUID, permission: str = READ) -> WeightElicitation:
    """An elicitation out of sight is not there; one in sight without the right to act is refused."""
    rows = WeightElicitation.objects.select_related("version__model").defer("version__document")
    found = authz.visible(rows, request.user, READ).filter(pk=pk).first()
    if found is None:
        raise Http404
    if permission != READ and not user_of(request).has_perm(permission, found):
        raise PermissionDenied
    return found


def do(request: HttpRequest, pk: UUID, service: Callable[[], Any], done: str) -> HttpResponse:
    """Call a service, say what came of it, and go back to the elicitation's page."""
    try:
        service()
    except NodesChanged as refused:
        said = [presenting.change(one) for one in refused.changes]
        messages.error(request, " ".join([_("The draft has changed since experts were asked."), *said]))
    except Refused as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, done)
    return redirect("elicitation:detail", pk)


def crumbs(elicitation: WeightElicitation, *, with_itself: bool = False) -> list[dict[str, str]]:
    version = elicitation.version
    found = [
        {"name": _("Models"), "url": "/models/"},
        {"name": str(version), "url": f"/models/{version.model_id}/versions/{version.number}/"},
    ]
    itself = {"name": elicitation.name, "url": f"/elicitations/{elicitation.pk}/"}
    return [*found, itself] if with_itself else found
