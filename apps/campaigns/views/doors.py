"""Who may see the workspace's pages: signed in, and with a grant that covers what is shown."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.views.decorators.cache import never_cache

from apps.accounts.models import User
from apps.campaigns.models import Campaign, CampaignQuerySet
from apps.campaigns.scopes import is_staff, run_by


def staff_page(permission: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let in who has some grant of that kind beyond their own participations."""

    def around(view: Callable[..., Any]) -> Callable[..., Any]:
        @login_required
        @never_cache
        @wraps(view)
        def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not is_staff(user_of(request), permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return entered

    return around


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def campaigns_for(request: HttpRequest, permission: str = "campaigns:read") -> CampaignQuerySet:
    """The campaigns on which the user has the permission as staff."""
    rows = Campaign.objects.select_related("subject", "version__model", "reference_set")
    return run_by(rows.defer("version__document", "reference_set__units"), user_of(request), permission)


def campaign_or_404(request: HttpRequest, pk: UUID, permission: str = "campaigns:read") -> Campaign:
    """A campaign out of sight is not there; one in sight without the right to act is refused."""
    campaign = campaigns_for(request).filter(pk=pk).first()
    if campaign is None:
        raise Http404
    if permission != "campaigns:read" and not user_of(request).has_perm(permission, campaign):
        raise PermissionDenied
    return campaign
