"""What the trail has of settings."""

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
)
