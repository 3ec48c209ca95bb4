"""What the trail has of campaigns and the people in them."""

from apps.audit.kinds import Category, declare

declare(
    "campaign",
    Category.DATA,
    *("created", "changed", "deleted", "opened", "extended", "reminded", "closed", "stakeholders_added"),
)
declare("participation", Category.DATA, "answers_sent", "reminded", "removed", "link_shown", "revoked", "renewed")
declare("stakeholder", Category.DATA, "created", "changed", "deleted", "erased")
