"""What the scopes of a permission mean for campaigns, and for the assessments they collect answers for."""

from django.db.models import Q

from apps.accounts import authz
from apps.accounts.authz import register_scope
from apps.accounts.models import User
from apps.campaigns.models import Campaign, CampaignQuerySet
from apps.models.models import Assessment

#: The scope of those who answer in campaigns; others are of those who run them.
ASSIGNED = "assigned"
#: What shows, in the whole tenant, who takes part.
SEES_NAMES = "stakeholders:read"

register_scope(Campaign, "campaign", lambda _, campaigns: Q(pk__among=campaigns))
register_scope(Campaign, "own", lambda user, _: Q(owner=user))
register_scope(Campaign, "model", lambda _, models: Q(version__model__among=models))
register_scope(Campaign, ASSIGNED, lambda user, _: Q(participations__stakeholder__user=user))
register_scope(Assessment, ASSIGNED, lambda user, _: Q(campaign__participations__stakeholder__user=user))
register_scope(Assessment, "campaign", lambda _, campaigns: Q(campaign__among=campaigns))


def sees_more_than_own(user: User, permission: str = "campaigns:read") -> bool:
    """Whether some grant reaches further than the user's own part in a campaign."""
    return any(one.scope != ASSIGNED for one in authz.relevant(user, permission))


def may_read_names(user: User) -> bool:
    """Whether the user is shown who takes part; in campaigns, others see that somebody does."""
    return authz.everywhere(user, SEES_NAMES)


def run_by(queryset: CampaignQuerySet, user: User, permission: str = "campaigns:read") -> CampaignQuerySet:
    """The campaigns that the user may look into: taking part in one does not show who else does."""
    return authz.visible(queryset, user, permission, but=[ASSIGNED])
