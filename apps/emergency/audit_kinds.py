"""What the trail has of emergency access."""

from django.utils.translation import gettext_noop as _

from apps.audit.kinds import Category, declare, name_verbs, search_by

declare(
    "emergency",
    Category.AUTHORIZATION,
    *("requested", "approved", "begun", "used", "ended", "reviewed"),
    name=_("Access in an emergency"),
)
# As a model that is followed is called:
declare("emergencyaccess", Category.AUTHORIZATION, name=_("Access in an emergency"))
search_by("emergency")
name_verbs(requested=_("asked for"), approved=_("approved"), begun=_("begun"), reviewed=_("reviewed"))
