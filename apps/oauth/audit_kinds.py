"""What the trail has of applications, and of what people let them do."""

from django.utils.translation import gettext_noop as _

from apps.audit.kinds import Category, declare

declare(
    "application", Category.ADMINISTRATION, "registered", "changed", "secret_replaced", "retired", name=_("Application")
)
declare("authorization", Category.AUTHENTICATION, "granted", "ended", "refused", name=_("Authorization"))
declare("signing_key", Category.ADMINISTRATION, "rotated", name=_("Signing key"))
