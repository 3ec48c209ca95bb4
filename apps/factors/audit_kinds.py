"""What the trail has of second factors."""

from django.utils.translation import gettext_noop as _

from apps.audit.kinds import Category, declare

declare(
    "factor",
    Category.AUTHENTICATION,
    "enrolled",
    "renamed",
    "removed",
    "codes_renewed",
    "backup_code_used",
    "text_sent",
    "approval_asked",
    "approval_given",
    "approval_denied",
    "address_replaced",
    "unreachable",
    "refused",
    name=_("Second factor"),
)
