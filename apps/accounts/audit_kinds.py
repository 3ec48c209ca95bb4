"""What the trail has of signing in, of what was refused, and of accounts, roles and keys."""

from django.utils.translation import gettext_noop as _

from apps.audit.kinds import Category, declare, name_verbs

declare(
    "session",
    Category.AUTHENTICATION,
    *("started", "confirmed", "ended", "refused", "questioned", "device_proved"),
    name=_("Session"),
)
declare("permission", Category.AUTHORIZATION, "denied", "used", name=_("Permission"))
declare(
    "user",
    Category.ADMINISTRATION,
    *("created", "imported", "changed", "activated", "deactivated", "erased"),
    *("address_asked", "address_changed", "registration_asked"),
    *("password_changed", "password_reset", "reset_link_asked", "sign_in_link_asked"),
    name=_("User"),
)
declare(
    "invitation",
    Category.ADMINISTRATION,
    *("created", "resent", "revoked", "accepted", "refused", "erased"),
    name=_("Invitation"),
)
declare("service_account", Category.ADMINISTRATION, "created", "changed", "stopped", name=_("Service account"))
declare("view", Category.AUTHORIZATION, "started", "ended", name=_("View as somebody else"))
declare("role", Category.ADMINISTRATION, "created", "changed", "deleted", name=_("Role"))
declare("grant", Category.ADMINISTRATION, "created", "revoked", name=_("Role of somebody"))
declare("denial", Category.ADMINISTRATION, "created", "lifted", name=_("Denial"))
declare("delegation", Category.ADMINISTRATION, "created", "ended", name=_("Delegation"))
declare("api_key", Category.ADMINISTRATION, "created", "rotated", "revoked", "refused", name=_("API key"))
declare("apikey", Category.ADMINISTRATION, name=_("API key"))  # as a model that is followed is called
name_verbs(
    started=_("started"),
    ended=_("ended"),
    confirmed=_("confirmed"),
    refused=_("refused"),
    denied=_("denied"),
    used=_("used"),
)
