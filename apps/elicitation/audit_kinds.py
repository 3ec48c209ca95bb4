"""What the trail has of elicitations and their experts."""

from apps.audit.kinds import Category, declare

declare(
    "elicitation",
    Category.DATA,
    *("created", "changed", "deleted", "opened", "reminded", "closed", "applied"),
    *("experts_added", "judgements_entered"),
)
declare("expert", Category.DATA, "judged", "deleted", "erased", "link_shown", "revoked", "renewed")
