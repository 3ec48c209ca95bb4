"""What the trail has of campaigns and the people in them."""

from django.utils.translation import gettext_noop as _

from apps.audit.kinds import Category, declare, name_verbs

declare(
    "campaign",
    Category.DATA,
    *("created", "changed", "deleted", "opened", "extended", "reminded", "closed", "stakeholders_added"),
    name=_("Campaign"),
)
declare(
    "participation",
    Category.DATA,
    *("answers_sent", "reminded", "removed", "link_shown", "revoked", "renewed"),
    name=_("Participation"),
)
declare("stakeholder", Category.DATA, "created", "changed", "deleted", "erased", name=_("Stakeholder"))
name_verbs(opened=_("opened"), closed=_("closed"), link_shown=_("link shown"))
