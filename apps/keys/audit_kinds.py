"""What the trail has of keys of encryption: whatever changes their state."""

from django.utils.translation import gettext_noop as _

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
    name=_("Key of encryption"),
)
declare("own_key", Category.ADMINISTRATION, "named", "dropped", name=_("Key of encryption of one's own"))
declare("recovery_key", Category.ADMINISTRATION, "added", "retired", "opened", "drilled", name=_("Recovery key"))
