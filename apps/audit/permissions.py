"""What can be permitted of the trail."""

from django.utils.translation import gettext_noop as _

from apps.core.rights import declare

declare("audit-entries", _("The audit trail."), "read", sensitive=("read",))
