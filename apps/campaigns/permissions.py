"""What can be permitted of campaigns, and the role of those who answer in them."""

from django.utils.translation import gettext_noop as _

from apps.core.rights import declare, declare_role, declare_scope, grant, name_actions
from apps.emergency.permissions import EMERGENCY
from apps.models.permissions import ANALYST

name_actions(open=_("open"), close=_("close"), extend=_("extend"), remind=_("remind"))
declare(
    "campaigns",
    _("Campaigns."),
    *("read", "create", "update", "delete"),
    *("open", "close", "extend", "remind"),
    model="campaigns.Campaign",
)
declare(
    "stakeholders",
    _("The people who are asked, by name."),
    *("read", "create", "update", "delete"),
    model="campaigns.Stakeholder",
    sensitive=("read", "update", "delete", "manage"),
)
declare_scope("campaign", _("one campaign, and what it collects"), of_one="campaigns.Campaign")
declare_scope("assigned", _("what one takes part in"))
#: What whoever takes results along as a file must be permitted; pages and the API ask for it.
RESULTS_AS_FILE = "campaigns:read"

STAKEHOLDER = declare_role("stakeholder", "Stakeholder", "Answers in campaigns, signed in.")
grant(STAKEHOLDER, "campaigns:assigned:read", "assessments:assigned:participate")
grant(EMERGENCY, "campaigns:tenant:read", "stakeholders:tenant:read")
grant(ANALYST, "campaigns:tenant:manage", "stakeholders:tenant:manage")
