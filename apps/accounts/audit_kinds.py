"""What the trail has of signing in, of what was refused, and of accounts, roles and keys."""

from apps.audit.kinds import Category, declare

declare(
    "session", Category.AUTHENTICATION, *("started", "confirmed", "ended", "refused", "questioned", "device_proved")
)
declare("permission", Category.AUTHORIZATION, "denied", "used")
declare(
    "user",
    Category.ADMINISTRATION,
    *("created", "imported", "changed", "activated", "deactivated", "erased"),
    *("address_asked", "address_changed", "registration_asked"),
    *("password_changed", "password_reset", "reset_link_asked", "sign_in_link_asked"),
)
declare("invitation", Category.ADMINISTRATION, "created", "resent", "revoked", "accepted", "refused", "erased")
declare("service_account", Category.ADMINISTRATION, "created", "changed", "stopped")
declare("view", Category.AUTHORIZATION, "started", "ended")
declare("role", Category.ADMINISTRATION, "created", "changed", "deleted")
declare("grant", Category.ADMINISTRATION, "created", "revoked")
declare("denial", Category.ADMINISTRATION, "created", "lifted")
declare("delegation", Category.ADMINISTRATION, "created", "ended")
declare("api_key", Category.ADMINISTRATION, "created", "rotated", "revoked", "refused")
declare("apikey", Category.ADMINISTRATION)  # as a model that is followed is called
