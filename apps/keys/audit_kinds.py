"""What the trail has of keys of encryption: whatever changes their state."""

from apps.audit.kinds import Category, declare

declare(
    "data_key",
    Category.ADMINISTRATION,
    "created",
    "rotated",
    "retired",
    "emptied",
    "destroyed",
    "verified",
    "escrowed",
    "recovered",
    "moved",
)
declare("own_key", Category.ADMINISTRATION, "named", "dropped")
declare("recovery_key", Category.ADMINISTRATION, "added", "retired", "opened", "drilled")
