"""What can be permitted of messages."""

from django.utils.translation import gettext_noop as _

from apps.core.rights import declare

declare("messages", _("Messages that were sent, or wait to be."), "read", sensitive=("read",))
