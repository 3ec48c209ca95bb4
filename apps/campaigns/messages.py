"""What people in campaigns are written."""

from typing import Final

from django.utils.translation import gettext_noop as _

from apps.notifications.kinds import Kind, declare

INVITATION: Final[Kind] = declare("invitation", texts="campaigns/messages/invitation", purpose="invitation")
REMINDER: Final[Kind] = declare(
    "reminder",
    texts="campaigns/messages/reminder",
    purpose="reminder",
    may_decline=_("Reminders to answer"),
)
