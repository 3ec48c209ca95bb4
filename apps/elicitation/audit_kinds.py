"""What the trail has of elicitations and their experts."""

from django.utils.translation import gettext_noop as _

from apps.audit.kinds import Category, declare

declare(
    "elicitation",
    Category.DATA,
    *("created", "changed", "deleted", "opened", "reminded", "closed", "applied"),
    *("experts_added", "judgements_entered"),
    name=_("Elicitation"),
)
declare("expert", Category.DATA, "judged", "deleted", "erased", "link_shown", "revoked", "renewed", name=_("Expert"))
