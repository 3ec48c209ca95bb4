"""Who may see the workspace's pages: signed in, and with a grant that covers what is shown."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from apps.accounts import authz, workspace
from apps.accounts.workspace import View, user_of
from apps.campaigns.models import Campaign, CampaignQuerySet, Participation
from apps.campaigns.scopes import may_read_names, run_by, sees_more_than_own
from apps.core.pages import crumb
from apps.models.models import ModelVersion, ResilienceModel


def workspace_page(permission: str, *, shows: str = "") -> Callable[[View], View]:
    """Let in who has some grant of that kind beyond their own participations."""
    return workspace.workspace_page(permission, sees_more_than_own, shows=shows)


def campaigns_for(request: HttpRequest, permission: str = "campaigns:read") -> CampaignQuerySet:
    """The campaigns on which the user has the permission as staff."""
    rows = Campaign.objects.select_related("subject", "version__model", "reference_set")
    return run_by(rows.defer("version__document", "reference_set__units"), user_of(request), permission)


def campaign_or_404(request: HttpRequest, pk: UUID, permission: str = "campaigns:read") -> Campaign:
    """A campaign out of sight is not there; one in sight without the right to act is refused."""
    campaign = get_object_or_404(campaigns_for(request), pk=pk)
    if permission != "campaigns:read" and not user_of(request).has_perm(permission, campaign):
        raise PermissionDenied
    return campaign


def versions_for(request: HttpRequest) -> Any:
    """The published versions, of models that the user sees, that ask questions; others are measured."""
    seen = authz.visible(ResilienceModel.objects.all(), request.user, "models:read")
    published = ModelVersion.objects.filter(state=ModelVersion.State.PUBLISHED, model__in=seen).asking()
    return published.defer("document").select_related("model").order_by("model__code", "-number")


def veil(request: HttpRequest, parts: Iterable[Participation]) -> None:
    """Leave names and addresses out of what is shown to somebody without the right to people, as the API does."""
    if may_read_names(user_of(request)):
        return
    for one in parts:
        one.stakeholder.name, one.stakeholder.email = _("Name not shown"), ""


def crumbs(campaign: Campaign | None = None) -> list[dict[str, str]]:
    """The way to a page of the campaigns, or of one of them."""
    found = [crumb(_("Campaigns"), "campaigns:list")]
    return [*found, crumb(campaign.name, "campaigns:detail", campaign.pk)] if campaign else found
