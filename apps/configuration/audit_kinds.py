"""What the trail has of settings."""

from django.utils.translation import gettext_noop as _

from apps.audit.kinds import Category, declare

declare(
    "setting",
    Category.CONFIGURATION,
    "changed",
    "rolled_back",
    "planned",
    "approved",
    "rejected",
    "cancelled",
    "failed",
    name=_("Setting"),
)
