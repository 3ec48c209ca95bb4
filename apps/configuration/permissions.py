"""What can be permitted of settings."""

from django.utils.translation import gettext_noop as _

from apps.core.rights import declare

declare("settings", _("Settings of the tenant."), "read", "update", sensitive=("update",))
