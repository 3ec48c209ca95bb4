"""What the scopes of a permission mean for campaigns, and for the assessments they collect answers for."""

from django.db.models import Q

from apps.accounts import authz
from apps.accounts.authz import Condition, register_scope
from apps.accounts.models import User
from apps.campaigns.models import Campaign, CampaignQuerySet
from apps.models.models import Assessment

#: The scopes of those who run campaigns; ``assigned`` is for those who answer in them.
STAFF: dict[str, Condition] = {
    "campaign": lambda _, object_id: Q(pk=object_id),
    "own": lambda user, _: Q(owner=user),
    "model": lambda _, object_id: Q(version__model=object_id),
}
for _scope, _condition in STAFF.items():
    register_scope(Campaign, _scope, _condition)
register_scope(Campaign, "assigned", lambda user, _: Q(participations__stakeholder__user=user))
register_scope(Assessment, "assigned", lambda user, _: Q(campaign__participations__stakeholder__user=user))
register_scope(Assessment, "campaign", lambda _, object_id: Q(campaign=object_id))


def sees_more_than_own(user: User, permission: str = "campaigns:read") -> bool:
    """Whether some grant reaches further than the user's own part in a campaign."""
    return any(one.scope != "assigned" for one in authz.relevant(user, permission))


def may_read_names(user: User) -> bool:
    """Whether the user is shown who takes part; in campaigns, others see that somebody does."""
    return authz.everywhere(user, "stakeholders:read")


def run_by(queryset: CampaignQuerySet, user: User, permission: str = "campaigns:read") -> CampaignQuerySet:
    """The campaigns that the user may look into: taking part in one does not show who else does."""
    granted = authz.relevant(user, permission)
    if any(scoped.is_everywhere for scoped in granted):
        return queryset
    covered = Q(pk__in=[])
    for scoped in granted:
        if scoped.scope in STAFF:
            covered |= STAFF[scoped.scope](user, scoped.object_id)
    return queryset.filter(covered)
