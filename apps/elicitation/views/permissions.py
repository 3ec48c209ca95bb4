"""Who may see the workspace's pages about elicitations."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from apps.accounts import authz
from apps.accounts.workspace import user_of
from apps.core.pages import crumb
from apps.elicitation.models import WeightElicitation

READ = "weight-elicitations:read"


def elicitation_or_404(request: HttpRequest, pk: UUID, permission: str = READ) -> WeightElicitation:
    """An elicitation out of sight is not there; one in sight without the right to act is refused."""
    rows = WeightElicitation.objects.select_related("version__model").defer("version__document")
    found = get_object_or_404(authz.visible(rows, request.user, READ), pk=pk)
    if permission != READ and not user_of(request).has_perm(permission, found):
        raise PermissionDenied
    return found


def crumbs(elicitation: WeightElicitation, *, with_itself: bool = False) -> list[dict[str, str]]:
    version = elicitation.version
    found = [
        crumb(_("Models"), "models:list"),
        crumb(version, "models:version", version.model_id, version.number),
    ]
    itself = crumb(elicitation.name, "elicitation:detail", elicitation.pk)
    return [*found, itself] if with_itself else found
