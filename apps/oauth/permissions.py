"""What can be permitted of applications."""

from django.utils.translation import gettext_noop as _

from apps.core.rights import declare

declare(
    "applications",
    _("Applications of others that ask people to let them in."),
    *("read", "create", "update", "delete"),
    model="oauth.Application",
)
